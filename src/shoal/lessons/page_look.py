"""How pages of lessons look around their contents, on screens light and dark and on paper."""

from __future__ import annotations

from typing import Final

SHEET: Final = """
:root{color-scheme:light dark}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:48rem;padding:1.25rem 1.5rem 5rem;
background:light-dark(#fff,#15181d);color:var(--sl-text);
font:1.0625rem/1.7 var(--sl-font);overflow-wrap:break-word}
:lang(ja) body,:lang(ko) body{line-height:1.85}
:lang(ja) p,:lang(ja) li{line-break:strict;text-wrap:pretty}
:lang(ja) em,:lang(ko) em{font-style:normal;font-weight:600}
:lang(ko) p,:lang(ko) li,:lang(ko) h1,:lang(ko) h2{word-break:keep-all}
header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1rem;
font-size:.9rem;color:var(--sl-quiet);padding-bottom:.75rem;border-bottom:1px solid var(--sl-line)}
.sl-languages{display:flex;gap:1rem}
.sl-languages strong{color:var(--sl-text);font-weight:600}
h1{font-size:clamp(1.9rem,1.4rem + 2vw,2.6rem);line-height:1.2;letter-spacing:-.015em;
margin:2.75rem 0 1.25rem;text-wrap:balance}
h2{font-size:1.5rem;line-height:1.35;letter-spacing:-.005em;margin:3.25rem 0 1rem;
text-wrap:balance}
h3{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:0 0 1rem}
ul,ol{padding-left:1.4rem;margin:0 0 1rem}
li{margin:.25rem 0}
a{color:var(--sl-accent);text-underline-offset:.15em}
blockquote{margin:1rem 0;padding:0 0 0 1rem;border-left:.25rem solid var(--sl-line);
color:var(--sl-quiet)}
code{font:.88em var(--sl-mono);background:var(--sl-raised);border-radius:.3rem;
padding:.12rem .35rem}
math{font-family:"Cambria Math","STIX Two Math","Latin Modern Math","DejaVu Math TeX Gyre",math}
math[display=block]{margin:1.25rem 0;font-size:1.1em;overflow-x:auto;overflow-y:hidden;
max-width:100%;padding:.2rem 0}
.math.block{overflow-x:auto}
nav{margin:2rem 0;padding:1rem 1.25rem;background:var(--sl-raised);border-radius:.6rem;
font-size:.95rem}
nav ol{margin:0;padding-left:1.3rem;columns:2 16rem;column-gap:2rem}
nav li{break-inside:avoid}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.sl-kicker{margin:0 0 .35rem;font-size:.85rem;color:var(--sl-quiet)}
.sl-code{margin:1.25rem 0 .5rem}
.sl-code>summary,.sl-revealed>summary,.sl-link summary{cursor:pointer}
.sl-code>summary{color:var(--sl-quiet);font-size:.88rem}
.sl-code[open]>summary{margin-bottom:.4rem}
.sl-code .sl-program{margin:0}
.sl-revealed{margin:1rem 0 2rem}
.sl-revealed>summary{display:inline-block;padding:.5rem 1.1rem;border-radius:.5rem;
font-weight:600;color:var(--sl-accent);border:1px solid currentcolor;list-style:none}
.sl-revealed>summary::-webkit-details-marker{display:none}
.sl-revealed>summary::before{content:"\\25B8";margin-right:.55rem}
.sl-revealed[open]>summary::before{content:"\\25BE"}
.sl-revealed[open]>summary{margin-bottom:1rem}
.sl-checked .sl-question{margin-top:2rem}
.admonition{margin:1.5rem 0;padding:.8rem 1.1rem;border-radius:.5rem;background:var(--sl-raised);
border-left:.25rem solid var(--sl-accent)}
.admonition-title{font-weight:600;margin-bottom:.25rem}
.admonition p:last-child{margin-bottom:0}
.sh-trace{margin:1.5rem 0;overflow-x:auto}
a:focus-visible,summary:focus-visible,.sl-program:focus-visible,.sl-table:focus-visible{
outline:3px solid #56b4e9;outline-offset:2px}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--sl-line);
color:var(--sl-quiet);font-size:.86rem}
footer p{margin:0 0 .3rem}
.sl-lessons{list-style:none;padding:0;margin:2rem 0}
.sl-lessons li{margin:0;border-top:1px solid var(--sl-line)}
.sl-lessons li:last-child{border-bottom:1px solid var(--sl-line)}
.sl-lessons a{display:grid;grid-template-columns:2.5rem 1fr auto;gap:.1rem .75rem;
padding:1.1rem .5rem;color:inherit;text-decoration:none}
.sl-lessons a:hover{background:var(--sl-raised)}
.sl-lessons .sl-n{font-size:1.5rem;line-height:1.3;color:var(--sl-accent);
font-variant-numeric:tabular-nums}
.sl-lessons .sl-name{font-size:1.15rem;font-weight:600}
.sl-lessons .sl-time{color:var(--sl-quiet);font-size:.88rem;white-space:nowrap}
.sl-lessons .sl-learn{grid-column:2/-1;color:var(--sl-quiet);font-size:.97rem;line-height:1.55}
@media (max-width:36rem){body{padding:1rem 1.1rem 4rem;font-size:1rem}
.sl-lessons a{grid-template-columns:1.8rem 1fr}.sl-lessons .sl-time{grid-column:2}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@page{margin:16mm}
@media print{body{max-width:none;padding:0;font-size:10.5pt;background:#fff}
nav,.sl-code,.sl-languages{display:none}h1{margin-top:1rem}
h2{margin-top:1.75rem;break-after:avoid}figure,tr,.sl-verdict,.sl-fixed{break-inside:avoid}
.sl-program{white-space:pre-wrap;border:1px solid var(--sl-line)}
.sl-revealed>summary{border:0;padding:0}}
"""
SCRIPT: Final = """
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details.sl-revealed")) each.open = true;
});
"""
"""On paper nothing can be opened."""
