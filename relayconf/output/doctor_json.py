"""Examinations as versioned JSON. ASCII, so no escape gets through."""

from __future__ import annotations

from relayconf.doctor.values import Examination, Symptom, Verdict
from relayconf.output.journal_json import document
from relayconf.output.json import Json
from relayconf.visits import Visited


def _symptom(symptom: Symptom) -> Json:
    return {
        "code": str(symptom.code),
        "level": str(symptom.level),
        "about": symptom.about,
        "text": symptom.text,
        "evidence": list(symptom.evidence),
    }


def _verdict(verdict: Verdict) -> Json:
    return {
        "code": str(verdict.code),
        "level": str(verdict.level),
        "text": verdict.text,
        "because": [str(code) for code in verdict.because],
        "place": verdict.place,
        "lines": list(verdict.lines),
    }


def _examination(found: Examination) -> Json:
    return {
        "symptoms": [_symptom(symptom) for symptom in found.symptoms],
        "verdicts": [_verdict(verdict) for verdict in found.verdicts],
    }


def as_json(visited: Visited[Examination], exit_code: int) -> str:
    """Each host's symptoms and verdicts; *exit_code* is that of the whole command."""
    return document(visited, kind="doctor", key="examination", told=_examination, exit_code=exit_code)
