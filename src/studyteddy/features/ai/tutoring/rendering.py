"""Whether a page could show a text otherwise than it is written, so that comparing what is written proves nothing.

The web app renders Markdown and LaTeX. Of LaTeX, only commands are let through that show what is between their braces,
a sign, or a space; others can write characters by their codes, hide what stands between two letters, or draw over them.
"""

from __future__ import annotations

import re

_LISTED = """
    text mathrm mathbf mathit mathsf mathbb mathcal operatorname rm bf it ce boxed textbf textit
    frac dfrac tfrac cfrac sqrt binom overline bar vec hat dot ddot underline
    left right big bigl bigr Big Bigl Bigr displaystyle textstyle limits quad qquad
    cdot times div pm mp ast circ bullet degree star
    le leq ge geq lt gt ne neq approx equiv sim simeq cong propto ll gg perp parallel mid
    to rightarrow leftarrow Rightarrow Leftarrow longrightarrow leftrightarrow Leftrightarrow implies iff mapsto
    rightleftharpoons uparrow downarrow
    sum prod int oint lim infty partial nabla angle triangle prime
    in notin subset subseteq supset cup cap emptyset forall exists neg land lor therefore because
    sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log lg exp min max gcd det mod bmod pmod
    ldots cdots dots lbrace rbrace langle rangle vert lvert rvert
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega hbar ell
    n t
"""
"""Commands of LaTeX, and the escapes of programs for the end of a line and a tab, which are none."""
_COMMANDS = frozenset(_LISTED.split())
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n\s*\S")
"""LaTeX leaves out the rest of a line."""
_STRUCK = re.compile(r"(?<!~)~~(?!~)|(?<!~)~(?![~\\\s])[^~]*(?<!\s)~(?!~|\\[a-z])")
"""What Markdown strikes through: a reader leaves it out."""


def looks_different(text: str) -> bool:
    """Return whether a page may show a text otherwise than it is written."""
    if _COMMENT.search(text) or _STRUCK.search(text):
        return True
    return not _COMMANDS.issuperset(_COMMAND.findall(text))
