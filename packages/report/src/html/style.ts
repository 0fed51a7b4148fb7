import { themeDeclarations } from "../chart/theme.js";

/** What every page of this package shares: colours of both themes, type, cards, tables, controls, print. */
export const pageStyle = `
:root{${themeDeclarations("light")};--shadow:0 1px 2px #1420301a,0 6px 24px #14203012}
@media (prefers-color-scheme:dark){:root{${themeDeclarations("dark")};--shadow:0 1px 2px #0006,0 8px 28px #0005}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
main,header,footer{max-width:1480px;margin:0 auto;padding:0 clamp(12px,2.2vw,32px)}
header{padding-top:20px;padding-bottom:10px}
footer{padding-top:10px;padding-bottom:36px;color:var(--muted);font-size:14px}
h1{font-size:clamp(23px,2.3vw,33px);line-height:1.15;letter-spacing:-.018em;margin:0 0 4px}
h2{font-size:18px;letter-spacing:-.01em;margin:0 0 8px}
p{margin:0 0 10px;max-width:82ch}
.lead{color:var(--muted);margin:0;max-width:120ch}
.brand{font-size:13px;font-weight:600;letter-spacing:.08em;text-transform:uppercase;color:var(--muted);margin:0 0 4px}
code{font:.92em/1.45 ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:var(--soft);padding:.1em .36em;border-radius:5px;overflow-wrap:anywhere}
.card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:16px;box-shadow:var(--shadow);margin:0 0 16px;min-width:0}
.notice{background:var(--warn);color:var(--warn-ink);border:2px solid currentColor;border-radius:12px;padding:12px 16px;margin:10px 0 16px;font-weight:600}
.findings{margin:10px 0 0;padding:8px 14px;max-width:none;background:var(--soft);border-left:4px solid var(--focus);border-radius:0 8px 8px 0}
.bounds{display:block;color:var(--muted);font-size:13px}
.scroll{overflow-x:auto;margin-bottom:10px}
table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums}
caption{text-align:left;max-width:calc(100vw - 68px);color:var(--muted);padding-bottom:8px}
th,td{padding:7px 12px 7px 0;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{color:var(--muted);font-weight:600;font-size:13.5px;border-bottom-color:var(--line);white-space:nowrap;vertical-align:bottom}
td.number,th.number{text-align:right;white-space:nowrap}
tbody th{font-weight:600;white-space:nowrap}
tr.muted td,tr.muted th{opacity:.45}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 18px;margin:0 0 12px}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
.quiet{color:var(--muted)}
.swatch{vertical-align:-2px;margin-right:8px;flex:none}
button,select,input{font:inherit;color:inherit}
button,select{background:var(--surface);border:1px solid var(--line);border-radius:9px;padding:6px 12px;min-height:38px;cursor:pointer}
button:hover,select:hover{border-color:var(--focus)}
button[aria-pressed="true"]{background:var(--soft);border-color:var(--focus)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
input[type="range"]{accent-color:var(--focus);min-width:0}
input[type="checkbox"]{accent-color:var(--focus)}
.legend{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,205px),1fr));gap:4px;padding:0;margin:0 0 10px;list-style:none}
.legend button{width:100%;display:flex;align-items:center;text-align:left;min-height:32px;padding:2px 8px;border-color:transparent;
background:none;font-size:14.5px;white-space:nowrap;overflow:hidden}
.legend button span{overflow:hidden;text-overflow:ellipsis}
.legend button:hover{background:var(--soft)}
.legend button[aria-pressed="false"]{opacity:.4;text-decoration:line-through}
.chart{position:relative;touch-action:pan-y}
.chart svg{position:absolute;top:0;left:0}
.chart .overlay{pointer-events:none}
.tip{position:absolute;pointer-events:none;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:4px 9px;
font-size:13px;box-shadow:var(--shadow);white-space:nowrap;z-index:2;max-width:100%}
.controls{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 10px}
.spread{justify-content:space-between}
@media (max-width:900px){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
@media print{.controls,.transport{display:none!important}.card{box-shadow:none;break-inside:avoid}}
`;
