"""Decoding, the fast way: functions made for each schema from its layout description."""

from .decoder import decode, decode_known, fast_decoder

__all__ = ["decode", "decode_known", "fast_decoder"]
