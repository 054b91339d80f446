"""The same as a picture: one panel of bars a table, the floors as marks. SVG, by hand."""

from html import escape

BAR, GAP, LABEL, WIDTH, TITLE = 16, 5, 210, 480, 34
OURS, OTHERS, FLOOR = "#1f6fb4", "#b8bec6", "#d0342c"


def text(x, y, words, size=12, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">'
            f"{escape(words)}</text>")


def panel(cell, top):
    """Its elements, and the height that they take."""
    scale = WIDTH / max(row.median() for row in cell.rows)
    found = [text(0, top + 18, f"{cell.title()}: ms a crop, forward; the mark is the floor", 13, weight="bold")]
    y = top + TITLE
    for before, row in zip([None, *cell.rows], cell.rows):
        if before and before.dtype != row.dtype:
            y += 2 * GAP
        length, floor = row.median() * scale, cell.floors.get(row.dtype)
        colour = OURS if row.label.startswith("vitpose native") else OTHERS
        found.append(text(LABEL - 8, y + 12, f"{row.label} {row.dtype}", anchor="end"))
        found.append(f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>')
        found.append(text(LABEL + length + 6, y + 12, f"{row.median():.1f}"))
        if floor:
            x = LABEL + floor * scale
            found.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 1}" y2="{y + BAR + 1}" stroke="{FLOOR}" '
                         'stroke-width="2"/>')
        y += BAR + GAP
    return found, y - top + 14


def svg(cells):
    elements, height = [], 10
    for cell in cells:
        found, used = panel(cell, height)
        elements += found
        height += used
    width = LABEL + WIDTH + 60
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 {width + 10} {height}" width="{width + 10}" '
            f'height="{height}" font-family="sans-serif">\n<rect x="-10" width="100%" height="100%" fill="white"/>\n'
            + "\n".join(elements) + "\n</svg>\n")
