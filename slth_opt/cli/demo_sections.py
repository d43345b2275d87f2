"""The words of the demo's page, part by part: short, and every number a result."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from slth_opt.cli.comparison import times_in_words
from slth_opt.cli.demo_steps import Cut, Weighed
from slth_opt.cli.demo_words import proven_weights
from slth_opt.cli.words import verified_in_words
from slth_opt.comparing import ComparisonRow
from slth_opt.demonstration import DRAWS, OneLayer
from slth_opt.report import Picture, Words
from slth_opt.tickets import count_edges


def summary_of(cut: Cut) -> str:
    """Say in two sentences what was found."""
    counts = count_edges(cut.ticket)
    said = (
        f"A trained network of {counts.target:,} weights, found inside {counts.block_source:,} "
        "random numbers by crossing numbers out and changing none."
    )
    if cut.right is None or isinstance(cut.images, str):
        return said
    ticket, target = cut.right
    images = len(cut.images.labels)
    beside = "as many as" if ticket == target else f"where {target} are right for"
    return f"{said} It reads {ticket} of {images} test digits right, {beside} the trained network."


def what_it_is(cut: Cut, commands: tuple[str, ...]) -> Words:
    """Explain tickets."""
    counts = count_edges(cut.ticket)
    return Words(
        title="What a winning ticket is",
        paragraphs=(
            "A network is trained by adjusting its weights, a little at a time. The strong lottery "
            "ticket hypothesis says that this is not the only way. Take a larger network with "
            "random weights, and never adjust any. Somewhere inside it is a smaller network that "
            "computes almost the same as the trained one. To find it, cross out the edges that it "
            "does not have. What stays is a winning ticket.",
            "Here the trained network reads digits of 8 x 8 pixels "
            f"({cut.target.in_words().partition(': ')[2]}). The random one has "
            f"{counts.block_source:,} numbers between -1 and 1, drawn once from seed "
            f"{cut.ticket.seed}. The ticket keeps {counts.edges:,} of them.",
        ),
        commands=commands,
    )


def one_diamond(cut: Cut, one: Weighed, svg: str) -> Picture:
    """Show one weight, and what is chosen for it."""
    ticket, diamond = cut.ticket, one.diamond
    kept, hidden = int(diamond.kept.sum()), len(diamond.kept)
    return Picture(
        title="One weight becomes one choice",
        paragraphs=(
            f"The trained network multiplies an input x by a weight w. The random network has "
            f"{hidden} hidden neurons in its place. Each multiplies x by a random number u, passes "
            "it on if the result is positive, and multiplies it by a second random number v. A "
            "neuron with a positive u works when x is positive, one with a negative u when x is "
            "negative; while it works, it adds u v x.",
            "So the products u v of the neurons that are kept must add up to w, once for positive "
            "inputs and once for negative ones. Which neurons come nearest? This is a subset sum "
            f"problem. Here the ticket must keep exactly {ticket.rule.size} of {hidden}, and there "
            f"are {comb(hidden, kept):,} ways to do so.",
        ),
        svg=svg,
        caption=(
            f"Layer {diamond.layer}, output {diamond.output}, input {diamond.input} of the ticket: "
            "a weight in the middle of its layer, half of the others are nearer, half farther. "
            "Kept edges are coloured, those crossed out are grey; below, the products that are "
            f"kept. The errors are {diamond.errors[0]:.2g} and {diamond.errors[1]:.2g}. No other "
            f"{kept} of these {hidden} make the larger of the two smaller."
        ),
    )


def all_sizes(one: Weighed, svg: str, commands: tuple[str, ...]) -> Picture:
    """Show the best of every size beside random draws."""
    n = one.sizes.problem.num_candidates
    better = sum(b < d for b, d in zip(one.sizes.best, one.sizes.drawn, strict=True))
    return Picture(
        title="The optimum is known",
        paragraphs=(
            "Proofs that tickets exist show that some subset is near enough, with high "
            "probability. Few of them say which one, and none how near the best one is. Here the "
            f"best subset of every size stands beside the best of {DRAWS:,} random subsets of that "
            f"size, which is worse in {better} of {n + 1} sizes.",
        ),
        svg=svg,
        caption=(
            f"The side of the weight above with more candidates: {n} products, {2**n:,} subsets. "
            "At both ends there are few subsets of a size, so that chance finds the best one, too."
        ),
        commands=commands,
    )


def how_solvers_know(one: Weighed, commands: tuple[str, ...]) -> Words:
    """Explain why nothing can be better than what a solver found."""
    problem = one.sizes.problem
    n = problem.num_candidates
    told = ". ".join(line[0].upper() + line[1:] for line in verified_in_words(problem, one.proof))
    return Words(
        title="How a solver can be sure",
        paragraphs=(
            f"One way is to meet in the middle. Split the {n} candidates in two halves and list "
            f"the sums of each: {2 ** (n // 2):,} and {2 ** (n - n // 2):,} numbers instead of "
            f"{2**n:,}. Sort both lists. Then walk up one and down the other, always towards w. "
            "Every subset is a pair of one sum from each list, and the walk passes by the nearest "
            "pair. Where the size is given, do the same for each way to share it between the "
            "halves. Nothing is left out, and so nothing can be better. That is a proof.",
            "Another way is branch and bound. Decide on one candidate after the other, and give "
            "up a branch as soon as not even its luckiest ending could beat the best subset so "
            "far. This is a different method altogether; when both end at the same value, that "
            "value is hardly a mistake.",
            "A third way is an integer program for a general solver. Such solvers compute in "
            "floating point with tolerances near 0.000001, and a good subset may be nearer than "
            "that. So what they call optimal may not be. Here every answer is added up again in "
            "integers, and only methods that compute in integers to the end may prove.",
            "What two methods agree on is written into a certificate. To check it takes neither "
            f"solver, only whole numbers. The certificate of the weight above says: {told}.",
        ),
        commands=commands,
    )


def other_ways(rows: Sequence[ComparisonRow], svg: str, commands: tuple[str, ...]) -> Picture:
    """Show constructions and heuristics beside their optima."""
    return Picture(
        title="How far heuristics are from it",
        paragraphs=(
            "A heuristic chooses quickly and proves nothing. Since the optimum is known, its "
            "distance is a number. The three constructions use the same random numbers: two give "
            "each sign of x half of the neurons from the start, of which about half have the "
            "wrong sign and are of no use; the third lets every neuron serve the sign it has.",
        ),
        svg=svg,
        caption=(
            "Every line is a construction, every mark one way to choose its subsets, averaged over "
            f"all weights. {_near_and_right(rows)}".rstrip()
        ),
        commands=commands,
    )


def _near_and_right(rows: Sequence[ComparisonRow]) -> str:
    """Say how far apart errors are, and how far apart right answers, if they were counted."""
    counted = [row.accuracy for row in rows if row.accuracy is not None]
    errors = [row.mean_error for row in rows]
    if not counted or min(errors) == 0:
        return ""
    return (
        f"The largest of these errors is {times_in_words(max(errors) / min(errors))} times the "
        f"smallest; right answers are between {100 * min(counted):.1f} % and "
        f"{100 * max(counted):.1f} %. Reading digits takes no exact weights."
    )


def one_budget(layer: OneLayer, svg: str, commands: tuple[str, ...]) -> Picture:
    """Show a layer that shares its edges, and explain prices."""
    even = layer.even_errors[layer.size]
    shared = float(layer.grid.real(layer.shares.value))
    kept = layer.shares.sizes
    return Picture(
        title="Where is an edge worth most?",
        paragraphs=(
            "In the ticket every weight keeps as many edges as the others. But some pools have a "
            "near subset of few numbers, and others need more. If each weight of the last layer "
            f"keeps at most {layer.size} edges, the least sum of errors is {even:.4g}. Let the "
            f"whole layer share one budget of as many, {layer.shares.most:,} edges, and it is "
            f"{shared:.4g}; no other way to share gives less. Then one side of a weight keeps "
            f"between {kept.min()} and {kept.max()}.",
            "The key is a price for an edge. Each weight takes the size at which its error and "
            "the price of its edges come to the least, on its own and without asking the others. "
            f"Raise the price until the budget is met: here to {layer.price:.2g}. This is a "
            "Lagrange multiplier. What the price leaves open, fewer edges than a pool has "
            "candidates, a small knapsack settles exactly.",
        ),
        svg=svg,
        caption=(
            f"{layer.weights} weights. Diamonds: at most so many edges for every weight, the best "
            f"choice under that rule. The curve has {len(layer.curve.edges):,} corners: at each, "
            "the least sum of errors for its budget; between them, nothing is below it."
        ),
        commands=commands,
    )


def what_is_proven(cut: Cut) -> Words:
    """Say what the page rests on, and what it does not say."""
    ticket, report = cut.ticket, cut.report
    return Words(
        title="What is proven, and what is not",
        paragraphs=(
            f"Proven: for each of {proven_weights(ticket):,} weights, that no other "
            f"{ticket.rule.size} of its {2 * ticket.n} random neurons make the larger of its two "
            "errors smaller. The numbers are exact; nothing is estimated. The ticket was read back "
            "from its file, its random network drawn again, every sum added up again, and "
            f"{report.sampled} sums were solved once more by another method.",
            f"Best is not always near: the largest error is {ticket.largest_error:.2g}, where the "
            "random neurons have nothing suitable to offer. That nothing nearer exists is proven, "
            "too. More random numbers would help, or a luckier seed; a better solver would not.",
            "Not proven: that the ticket is right about pictures nobody showed it. Accuracy is "
            "counted on test images, and that is all.",
        ),
    )
