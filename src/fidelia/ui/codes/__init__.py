"""Codes that a till reads from a screen or from paper: QR for cameras, EAN-13 for laser readers; as SVG.

Pure: no Django. segno and python-barcode know the codes, we draw them so that no style is inline.
"""

from .ean import MalformedNumber, ean13_bars, ean13_check_digit, ean13_svg, is_ean13
from .qr import TooLong, qr_matrix, qr_svg

__all__ = [
    "MalformedNumber",
    "TooLong",
    "ean13_bars",
    "ean13_check_digit",
    "ean13_svg",
    "is_ean13",
    "qr_matrix",
    "qr_svg",
]
