r"""What LaTeX from archcalc needs in a preamble, once for all: a file to `\input`.

`\archcalcfit{...}` shrinks what it holds until it fits a slide.
"""

from __future__ import annotations

from archcalc.render.latex import FIGURES

PREAMBLE = rf"""% What LaTeX written by archcalc needs: \input it in the preamble.
\ifdefined\pdfoutput
  \usepackage[T1]{{fontenc}}
  \usepackage{{lmodern}}
\fi
\usepackage{{array}}
\usepackage{{longtable}}
\usepackage{{booktabs}}
\usepackage{{siunitx}}
{FIGURES}
\usepackage{{amsmath}}
\usepackage{{graphicx}}
\usepackage{{tikz}}
% \archcalcfit{{...}} shrinks a table, a drawing or a formula until it fits a slide;
% \archcalcfit[0.5]{{...}} gives it half of the height.
\newsavebox{{\archcalcbox}}
\newcommand{{\archcalcfit}}[2][0.74]{{%
  \sbox{{\archcalcbox}}{{#2}}%
  \ifdim\wd\archcalcbox>\linewidth
    \sbox{{\archcalcbox}}{{\resizebox{{\linewidth}}{{!}}{{\usebox{{\archcalcbox}}}}}}%
  \fi
  \ifdim\dimexpr\ht\archcalcbox+\dp\archcalcbox\relax>#1\textheight
    \sbox{{\archcalcbox}}{{\resizebox*{{!}}{{#1\textheight}}{{\usebox{{\archcalcbox}}}}}}%
  \fi
  \usebox{{\archcalcbox}}}}"""
