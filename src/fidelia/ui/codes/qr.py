"""QR codes of ISO/IEC 18004, versions 1 to 6 with correction M: up to 106 bytes, or 255 digits.

Never Micro QR: a short number would fit one, and most phones and tills cannot read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

QUIET = 4  # modules of white around, that readers want
_CORRECTION_M = 0b00
# For each version with correction M: correction codewords of a block, blocks, data codewords of a block.
_BLOCKS = {1: (10, 1, 16), 2: (16, 1, 28), 3: (26, 1, 44), 4: (18, 2, 32), 5: (24, 2, 43), 6: (16, 4, 27)}
_MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda row, column: (row + column) % 2 == 0,
    lambda row, column: row % 2 == 0,
    lambda row, column: column % 3 == 0,
    lambda row, column: (row + column) % 3 == 0,
    lambda row, column: (row // 2 + column // 3) % 2 == 0,
    lambda row, column: row * column % 2 + row * column % 3 == 0,
    lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
)
Matrix = list[list[int]]


class TooLong(ValueError):
    """The text does not fit the largest code drawn here."""


def qr_svg(text: str, *, label: str = "") -> str:
    """Return the code as SVG, one unit a module, quiet zone included. Raises TooLong."""
    matrix = qr_matrix(text)
    size = len(matrix) + 2 * QUIET
    path = "".join(
        f"M{column + QUIET} {row + QUIET}h{length}v1h-{length}z"
        for row, modules in enumerate(matrix)
        for column, length in _runs(modules)
    )
    name = f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"{name}>'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def qr_matrix(text: str) -> Matrix:
    """Return the modules row by row, 1 for dark, without the quiet zone. Raises TooLong."""
    version, codewords = _codewords_of(text)
    fixed = _patterns(version)
    plain = _with_data(fixed, _bits_of(codewords))
    masked = [_masked(plain, fixed, number) for number in range(len(_MASKS))]
    return min(masked, key=_penalty)


def _codewords_of(text: str) -> tuple[int, list[int]]:
    """Return the smallest version that holds the text, and its codewords, interleaved with their correction."""
    for version, (_correction, blocks, size) in _BLOCKS.items():
        room = blocks * size * 8
        bits = _segment(text)
        if len(bits) <= room:
            return version, _interleaved(_filled(bits, room), version)
    raise TooLong("At most 106 bytes, or 255 digits, fit a code.")


def _segment(text: str) -> str:
    """Return mode, count and data as bits: digits three by three, anything else byte by byte (UTF-8)."""
    if text.isascii() and text.isdigit():
        thirds = (text[place : place + 3] for place in range(0, len(text), 3))
        return f"0001{len(text):010b}" + "".join(f"{int(some):0{(4, 7, 10)[len(some) - 1]}b}" for some in thirds)
    data = text.encode()
    if len(data) > 255:
        raise TooLong("At most 106 bytes, or 255 digits, fit a code.")
    return f"0100{len(data):08b}" + "".join(f"{byte:08b}" for byte in data)


def _filled(bits: str, room: int) -> list[int]:
    bits += "0" * min(4, room - len(bits))
    bits += "0" * (-len(bits) % 8)
    data = [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
    return data + [(0xEC, 0x11)[place % 2] for place in range(room // 8 - len(data))]


def _interleaved(data: list[int], version: int) -> list[int]:
    correction, blocks, size = _BLOCKS[version]
    parts = [data[place * size : (place + 1) * size] for place in range(blocks)]
    checks = [_correction_of(part, correction) for part in parts]
    return [part[place] for place in range(size) for part in parts] + [
        check[place] for place in range(correction) for check in checks
    ]


# The field of 256 elements of ISO/IEC 18004: powers of 2 modulo x^8 + x^4 + x^3 + x^2 + 1.
_EXP = [1]
for _power in range(254):
    _EXP.append(_EXP[-1] << 1 if _EXP[-1] < 128 else (_EXP[-1] << 1) ^ 0x11D)
_LOG = {value: power for power, value in enumerate(_EXP)}


def _times(one: int, other: int) -> int:
    return _EXP[(_LOG[one] + _LOG[other]) % 255] if one and other else 0


def _correction_of(data: Sequence[int], length: int) -> list[int]:
    """Return the Reed-Solomon codewords: what is left of the data divided by the generator polynomial."""
    generator = [1]
    for power in range(length):
        longer = [*generator, 0]
        for place, factor in enumerate(generator):
            longer[place + 1] ^= _times(factor, _EXP[power])
        generator = longer
    rest = [*data, *([0] * length)]
    for place in range(len(data)):
        lead = rest[place]
        for offset, factor in enumerate(generator):
            rest[place + offset] ^= _times(factor, lead)
    return rest[len(data) :]


def _bits_of(codewords: Sequence[int]) -> Iterator[int]:
    for codeword in codewords:
        for place in range(7, -1, -1):
            yield codeword >> place & 1


def _patterns(version: int) -> list[list[int | None]]:
    """Return the modules that say nothing: finders, timing, alignment, dark module; 0 where the format will stand."""
    size = 17 + 4 * version
    matrix: list[list[int | None]] = [[None] * size for _row in range(size)]
    for row, column in ((0, 0), (0, size - 7), (size - 7, 0)):
        _finder(matrix, row, column)
    for place in range(8, size - 8):
        matrix[6][place] = matrix[place][6] = (place + 1) % 2
    if version > 1:
        _square(matrix, size - 7, size - 7)
    for place in range(9):
        for row, column in ((8, place), (place, 8), (8, size - 1 - place), (size - 1 - place, 8)):
            if matrix[row][column] is None and (place < 8 or (row, column) in ((8, 8),)):
                matrix[row][column] = 0
    matrix[size - 8][8] = 1
    return matrix


def _finder(matrix: list[list[int | None]], top: int, left: int) -> None:
    size = len(matrix)
    for row in range(max(top - 1, 0), min(top + 8, size)):
        for column in range(max(left - 1, 0), min(left + 8, size)):
            ring = max(abs(row - top - 3), abs(column - left - 3))
            matrix[row][column] = 1 if ring in (0, 1, 3) else 0


def _square(matrix: list[list[int | None]], row: int, column: int) -> None:
    """Draw the one alignment pattern that these versions have, around its middle."""
    for down in range(-2, 3):
        for right in range(-2, 3):
            matrix[row + down][column + right] = 0 if max(abs(down), abs(right)) == 1 else 1


def _with_data(fixed: list[list[int | None]], bits: Iterator[int]) -> Matrix:
    """Lay the bits two columns by two, from the right, up and down in turn; what is left over is light."""
    size = len(fixed)
    matrix = [[0 if module is None else module for module in row] for row in fixed]
    upward = True
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):
        rows = range(size - 1, -1, -1) if upward else range(size)
        for row in rows:
            for column in (right, right - 1):
                if fixed[row][column] is None:
                    matrix[row][column] = next(bits, 0)
        upward = not upward
    return matrix


def _masked(plain: Matrix, fixed: list[list[int | None]], number: int) -> Matrix:
    mask = _MASKS[number]
    matrix = [
        [module ^ int(fixed[row][column] is None and mask(row, column)) for column, module in enumerate(modules)]
        for row, modules in enumerate(plain)
    ]
    _write_format(matrix, number)
    return matrix


def _write_format(matrix: Matrix, mask: int) -> None:
    size, bits = len(matrix), _format_of(mask)
    for place in range(15):
        bit = bits >> place & 1
        # Beside the finder at the top left, around the timing; and once more along the other two.
        row = place if place < 6 else place + 1 if place < 8 else size - 15 + place
        matrix[row][8] = bit
        column = size - 1 - place if place < 8 else 15 - place if place < 9 else 14 - place
        matrix[8][column] = bit
    matrix[size - 8][8] = 1


def _format_of(mask: int) -> int:
    data = _CORRECTION_M << 3 | mask
    rest = data << 10
    for place in range(14, 9, -1):
        if rest >> place & 1:
            rest ^= 0x537 << (place - 10)
    return (data << 10 | rest) ^ 0x5412


def _penalty(matrix: Matrix) -> int:
    """Return how hard a code is to read, as the standard counts it: the mask with the least is taken."""
    columns = [list(column) for column in zip(*matrix, strict=True)]
    lines = [*matrix, *columns]
    runs = sum(length - 2 for line in lines for length in _lengths(line) if length >= 5)
    size = len(matrix)
    squares = sum(
        matrix[row][column] == matrix[row][column + 1] == matrix[row + 1][column] == matrix[row + 1][column + 1]
        for row in range(size - 1)
        for column in range(size - 1)
    )
    dark = sum(map(sum, matrix))
    share = abs(dark * 20 - size * size * 10) // (size * size)
    return runs + 3 * squares + 40 * sum(map(_finder_likes, lines)) + 10 * share


def _finder_likes(line: Sequence[int]) -> int:
    text = "".join(map(str, line))
    likes = ("10111010000", "00001011101")
    return sum(text.startswith(like, place) for like in likes for place in range(len(text) - 10))


def _lengths(line: Sequence[int]) -> Iterator[int]:
    length = 0
    for place, module in enumerate(line):
        length += 1
        if place + 1 == len(line) or line[place + 1] != module:
            yield length
            length = 0


def _runs(modules: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return the dark stretches of a row as (first column, length)."""
    place = 0
    for length in _lengths(modules):
        if modules[place]:
            yield place, length
        place += length
