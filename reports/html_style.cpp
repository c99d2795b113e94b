#include "reports/html_style.hpp"

namespace reports {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --faint: #57606a; --line: #d8dee4; --panel: #f6f8fa;
  --waits: #ffdf8a; --free: #cfe3ff; --good: #a6e3b4; --leaves: #dccbf7; --bad: #ffb3ad;
  --done: #d5dae0; --on: #1b1f24; --link: #0757b0; --fail: #b3261e; --pass: #136b2e;
  --k0: #4c78a8; --k1: #f2a33a; --k2: #54a24b; --k3: #c2526b; --k4: #8a6bbe; --k5: #2f9c95;
  --k6: #b5853c; --k7: #7d8794; --k8: #d67fb0; --k9: #6f9a2e; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14181d; --text: #e4e8ec; --faint: #a0aab4; --line: #353c45; --panel: #1c2229;
  --waits: #7a5c10; --free: #2a4a75; --good: #1f6335; --leaves: #553a80; --bad: #8a2c26;
  --done: #454d57; --on: #f4f6f8; --link: #7db7ff; --fail: #ff9b94; --pass: #7fd694; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2.5rem) 4rem; max-width: 90rem;
  background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .4rem 0; max-width: 75ch; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .25rem .5rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .75rem 0;
  padding: 0; }
.faint, .note { color: var(--faint); }
.verdict { font-weight: 600; }
.verdict.passed { color: var(--pass); }
.verdict.failed { color: var(--fail); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: .75rem 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .75rem 0 .35rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .75rem .2rem 0;
  border-bottom: 1px solid var(--line); font-weight: 400; overflow-wrap: break-word; }
thead th { color: var(--faint); font-size: .85rem; vertical-align: bottom; }
th.number, td.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll table { min-width: 40rem; }
tr.failed th, tr.failed td:first-of-type { color: var(--fail); font-weight: 600; }
tr.warning td:nth-of-type(1) { color: var(--fail); }
table.bars { table-layout: fixed; }
col.name { width: 28%; }
table.bars th[scope=row] { white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
  font-size: .8rem; }
table.bars td, table.bars thead th + th { padding-right: 0; }
.lane { position: relative; height: 1.35rem; background-color: var(--panel);
  background-image: linear-gradient(to right, var(--line) 1px, transparent 1px);
  background-size: var(--grid) 100%; }
.lane i { position: absolute; top: 2px; bottom: 2px; min-width: 3px; overflow: hidden;
  font: .75rem/1.1rem system-ui, sans-serif; font-style: normal; padding-left: 3px;
  white-space: nowrap; color: var(--on); border-radius: 2px; box-shadow: inset 1px 0 var(--page); }
.scale { position: relative; height: 1.2rem; }
.scale span { position: absolute; white-space: nowrap; padding-left: 3px;
  border-left: 1px solid var(--line); }
.waits { background: var(--waits); } .free { background: var(--free); }
.good { background: var(--good); } .leaves { background: var(--leaves); }
.bad { background: var(--bad); } .done { background: var(--done); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0;
  margin: .5rem 0; font-size: .85rem; }
.legend b { display: inline-block; width: .9rem; height: .9rem; border-radius: 2px;
  margin-right: .4rem; vertical-align: -.1rem; }
.parts { display: flex; height: 1rem; margin-top: .3rem; }
.parts i { min-width: 1px; }
.words { font-size: .85rem; color: var(--faint); }
.k0 { background: var(--k0); } .k1 { background: var(--k1); } .k2 { background: var(--k2); }
.k3 { background: var(--k3); } .k4 { background: var(--k4); } .k5 { background: var(--k5); }
.k6 { background: var(--k6); } .k7 { background: var(--k7); } .k8 { background: var(--k8); }
.k9 { background: var(--k9); }
table.passages { table-layout: fixed; }
col.took { width: 7rem; }
@media (max-width: 45rem) { col.name { width: 38%; } }
figure { margin: .75rem 0; max-width: 40rem; }
figcaption { display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem;
  color: var(--faint); }
.histogram { display: block; width: 100%; height: auto; }
.histogram rect { fill: var(--k0); }
.histogram line { stroke: var(--line); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
@media print { .lane i, .parts i, .legend b, .histogram { print-color-adjust: exact; } }
)";

}  // namespace

std::string_view html_style() { return kStyle; }

}  // namespace reports
