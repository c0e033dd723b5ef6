"""Subjects: what a student studies.

Owns: subjects. Publishes: subject.created, subject.updated, subject.deleted. Reacts to: nothing.
"""
