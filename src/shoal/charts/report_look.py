"""How a report looks: its style sheet, on screens light and dark and on paper, and its script."""

from __future__ import annotations

from typing import Final

from shoal.charts.theme import DARK, LIGHT, Theme


def style(scheme: str) -> str:
    """Return the style sheet for "light dark", "light" or "dark"."""
    first = DARK if scheme == "dark" else LIGHT
    colours = f":root{{color-scheme:{scheme};{_variables(first)}}}"
    if scheme == "light dark":
        colours += f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return colours + SHEET


def _variables(colours: Theme) -> str:
    dark = colours.name == "dark"
    own = {
        "back": colours.background,
        "text": colours.text,
        "quiet": colours.quiet,
        "line": colours.grid,
        "accent": "#7cc4f0" if dark else "#005b8f",
        "raised": "#1d2127" if dark else "#f6f7f9",
        "fault": "#ff9d66" if dark else "#a84300",
        "question": "#f0c04a" if dark else "#7a5600",
        "note": "#7cc4f0" if dark else "#005b8f",
        "string": "#7fd1ae" if dark else "#00664a",
        "number": "#f0b35a" if dark else "#96400a",
    }
    return "".join(f"--{name}:{value};" for name, value in own.items())


SHEET: Final = """
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0 auto;max-width:64rem;padding:2.5rem 1.25rem 4rem;background:var(--back);
color:var(--text);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:clamp(1.5rem,1.1rem + 1.8vw,2.25rem);line-height:1.2;margin:.25rem 0 1rem;
letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.35rem;line-height:1.3;margin:3rem 0 1rem;padding-top:1rem;
border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:0 0 .35rem}
p{margin:0 0 .75rem;max-width:46rem}
a{color:var(--accent)}
.kicker{color:var(--quiet);font-size:.85rem;margin:0}
.question{color:var(--quiet)}
.answer{font-size:1.2rem;line-height:1.5;font-weight:500}
.note{color:var(--quiet);font-size:.92rem;margin-bottom:.4rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;
margin:1.5rem 0}
.cards div{background:var(--raised);border-radius:.6rem;padding:.7rem .9rem}
.cards dt{color:var(--quiet);font-size:.82rem;line-height:1.35}
.cards dd{margin:.2rem 0 0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;list-style:none;margin:1.5rem 0 0;padding:0;
font-size:.95rem}
.wide{overflow-x:auto;margin:0 0 .75rem}
.wide table{min-width:min(100%,30rem)}
table{border-collapse:collapse;font-size:.93rem;font-variant-numeric:tabular-nums;min-width:60%}
caption{text-align:left;font-weight:600;padding:.75rem 0 .4rem}
th,td{padding:.38rem .9rem .38rem 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}
thead th{color:var(--quiet);font-weight:500;font-size:.85rem;vertical-align:bottom}
tbody th{font-weight:500}
.number{text-align:right;padding-right:0;padding-left:.9rem;white-space:nowrap}
thead .number{white-space:normal}
.beside th,.beside td{color:var(--quiet);font-weight:400}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:1rem}
figure{margin:0}
.charts{gap:2.25rem 1rem}
.chart{display:flex;flex-direction:column;justify-content:space-between}
.chart.is-wide{grid-column:1/-1}
.chart img{display:block;max-width:100%;height:auto}
figcaption{padding:0 .5rem .25rem 0}
figcaption p{margin:0 0 .3rem;font-size:.95rem;line-height:1.45}
figcaption .note{font-size:.85rem}
.source{color:var(--quiet);font-size:.78rem;overflow-wrap:anywhere}
figcaption .source{font-size:.78rem}
.finding{border-left:.25rem solid var(--note);padding:.1rem 0 .1rem 1rem;margin:1.25rem 0}
.finding p{margin-bottom:.35rem}
.is-fault{border-color:var(--fault)}
.is-question{border-color:var(--question)}
.kind{font-weight:600;color:var(--note)}
.is-fault .kind{color:var(--fault)}
.is-question .kind{color:var(--question)}
details{margin:.75rem 0}
summary{cursor:pointer;font-weight:500;margin:.5rem 0}
.code{position:relative;margin:.5rem 0 1.25rem}
pre{margin:0;padding:1rem 6rem 1rem 1rem;overflow:auto;max-height:34rem;white-space:pre-wrap;
overflow-wrap:anywhere;background:var(--raised);
border-radius:.6rem;font:.86rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,
"Liberation Mono",monospace}
p code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
background:var(--raised);border-radius:.3rem;padding:.1rem .35rem}
.comment{color:var(--quiet)}
.table{color:var(--accent);font-weight:600}
.key{color:var(--text)}
.string{color:var(--string)}
.number{color:inherit}
code .number{color:var(--number);padding:0}
.copy{position:absolute;top:.6rem;right:.6rem;font:inherit;font-size:.82rem;color:var(--text);
background:var(--back);border:1px solid var(--line);border-radius:.4rem;padding:.2rem .7rem;
cursor:pointer}
.copy:hover{border-color:var(--quiet)}
a:focus-visible,button:focus-visible,summary:focus-visible,pre:focus-visible,
.wide:focus-visible{outline:3px solid #56b4e9;outline-offset:2px}
.facts{font-size:.93rem;margin:1rem 0}
.facts div{display:grid;grid-template-columns:minmax(9rem,16rem) 1fr;gap:1rem;padding:.25rem 0;
border-bottom:1px solid var(--line)}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
footer{margin-top:3rem;color:var(--quiet);font-size:.88rem}
@media (max-width:36rem){table{font-size:.82rem}.number{padding-left:.5rem}
.facts div{grid-template-columns:1fr;gap:0}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@page{margin:16mm}
@media print{body{max-width:none;padding:0;font-size:10.5pt}nav,.copy,#replay{display:none}
h2{margin-top:1.5rem;break-after:avoid}figure,article,tr,.cards div{break-inside:avoid}
.wide{overflow:visible}table{min-width:0}pre{max-height:none;white-space:pre-wrap}
.cards div,pre{border:1px solid var(--line)}}
"""
COPY: Final = """
"use strict";
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.parentElement.querySelector("code"));
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
});
"""

__all__ = ["COPY", "style"]
