"""Mantid's instrument definition files (IDF): which detector ids there are, and where their pixels stand.

Format: https://docs.mantidproject.org/nightly/concepts/InstrumentDefinitionFile.html
"""
