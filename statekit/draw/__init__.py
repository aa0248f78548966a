"""Pictures and tables of a machine or a system, made from its table and from nothing else.

`graph_of` reads a machine; `dot_of`, `mermaid_of` and `matrix_of` write it; `svg_of` and `png_of` lay DOT out.
`map_of` does for a system what `graph_of` does for a machine.
"""

from statekit.draw.arrangement import Exits, arrange, happy_path
from statekit.draw.dot import Direction, Options, dot_of
from statekit.draw.gallery import Exhibit, gallery_of
from statekit.draw.graph import Graph, graph_of
from statekit.draw.matrix import matrix_of
from statekit.draw.mermaid import mermaid_of
from statekit.draw.overlay import ADDED, CHANGED, LIT, REMOVED, Mark, Overlay
from statekit.draw.svg import Layout, LayoutFailed, NoLayout, find_layout, png_of, svg_of
from statekit.draw.wiring import Map, dot_of_map, map_of, mermaid_of_map, tables_of

__all__ = [
    "ADDED",
    "CHANGED",
    "LIT",
    "REMOVED",
    "Direction",
    "Exhibit",
    "Exits",
    "Graph",
    "Layout",
    "LayoutFailed",
    "Map",
    "Mark",
    "NoLayout",
    "Options",
    "Overlay",
    "arrange",
    "dot_of",
    "dot_of_map",
    "find_layout",
    "gallery_of",
    "graph_of",
    "happy_path",
    "map_of",
    "matrix_of",
    "mermaid_of",
    "mermaid_of_map",
    "png_of",
    "svg_of",
    "tables_of",
]
