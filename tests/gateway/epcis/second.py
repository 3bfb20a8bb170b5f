"""A second opinion on event ids: the package epcis-event-hash-generator, written by others."""

import json
import warnings

with warnings.catch_warnings():
    # It opens its files in a way that Python no longer likes; that is its own affair.
    warnings.simplefilter("ignore", DeprecationWarning)
    from epcis_event_hash_generator import hash_generator, json_to_py

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def document(events, spaces):
    return {
        "@context": [CONTEXT, dict(spaces)],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T07:00:00Z",
        "epcisBody": {"eventList": events},
    }


def prehashes(made):
    """Return the texts it hashes for the events of a document."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        events = json_to_py.event_list_from_epcis_document_str(json.dumps(made))
    found = hash_generator.derive_prehashes_from_events(events)
    assert len(found) == len(made["epcisBody"]["eventList"]), "it gave up on one of them"
    return found


def ids(made):
    """Return the ids it gives the events of a document."""
    return hash_generator.calculate_hashes_from_pre_hashes(prehashes(made))
