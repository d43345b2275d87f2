"""Tickets: a target, a source drawn from a seed, and the mask that cuts one from the other.

A ticket is what theory promises to exist, made concrete: every weight of the target is a subset
sum of the source, and running the masked source is running these sums.
"""

from slth_opt.tickets.building import build_ticket, default_rule, questions
from slth_opt.tickets.counting import EdgeCounts, count_edges
from slth_opt.tickets.cutting import ticket_network
from slth_opt.tickets.files import read_ticket, read_ticket_facts, ticket_facts, write_ticket
from slth_opt.tickets.graphs import graph_facts, network_graph, without_dead_ends
from slth_opt.tickets.records import BIAS, Part, Ticket
from slth_opt.tickets.verifying import TicketReport, verify_ticket

__all__ = [
    "BIAS",
    "EdgeCounts",
    "Part",
    "Ticket",
    "TicketReport",
    "build_ticket",
    "count_edges",
    "default_rule",
    "graph_facts",
    "network_graph",
    "questions",
    "read_ticket",
    "read_ticket_facts",
    "ticket_facts",
    "ticket_network",
    "verify_ticket",
    "without_dead_ends",
    "write_ticket",
]
