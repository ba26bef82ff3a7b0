import { html, Html } from "./html.ts";

const style = new Html(`
:root { color-scheme: light dark; --paper: #f6f5f2; --card: #fff; --ink: #1d1f23; --soft: #62676f; --line: #e2e0da;
  --accent: #0b6e5f; --on-accent: #fff; --tint: #e5f2ef; --danger: #a8322a; --shadow: 0 1px 2px #0001, 0 12px 32px #0000000f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1d2026; --ink: #eceef1; --soft: #9aa1ab;
  --line: #31353d; --accent: #5cc9b5; --on-accent: #08231e; --tint: #17332e; --danger: #f0897f; --shadow: 0 12px 32px #0006; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header { display: flex; align-items: center; gap: 10px; padding: 22px 28px; font-weight: 650; letter-spacing: -.01em; }
header svg { width: 26px; height: 26px; color: var(--accent); }
header nav { display: flex; gap: 18px; margin-left: 18px; font-weight: 450; }
header small { margin-left: auto; color: var(--soft); font-weight: 400; }
main { max-width: 900px; margin: 0 auto; padding: 12px 24px 64px; }
main.dialog { max-width: 468px; padding-top: 4vh; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 28px; box-shadow: var(--shadow); }
.card + .card { margin-top: 20px; }
h1 { margin: 0 0 6px; font-size: 1.45rem; line-height: 1.25; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 0 0 14px; font-size: 1.05rem; }
a { color: var(--accent); text-underline-offset: 3px; }
p { margin: 0 0 16px; color: var(--soft); }
p strong { color: var(--ink); }
ul.may { margin: 0 0 20px; padding: 0; list-style: none; color: var(--soft); }
ul.may li { padding: 3px 0 3px 26px; position: relative; }
ul.may li::before { content: "✓"; position: absolute; left: 4px; color: var(--accent); font-weight: 700; }
fieldset { margin: 0 0 22px; padding: 0; border: 0; }
legend { margin-bottom: 8px; font-weight: 600; }
label.choice { display: flex; gap: 10px; align-items: baseline; padding: 10px 14px; border: 1px solid var(--line); cursor: pointer; }
label.choice:first-of-type { border-radius: 10px 10px 0 0; }
label.choice:last-of-type { border-radius: 0 0 10px 10px; }
label.choice + label.choice { border-top: 0; }
label.choice:has(:checked) { background: var(--tint); }
label.choice small { margin-left: auto; color: var(--soft); }
input[type=radio] { accent-color: var(--accent); }
input[type=text], select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 9px; padding: 9px 12px; }
input.code { width: 100%; font: 600 1.5rem ui-monospace, monospace; letter-spacing: .14em; text-align: center; text-transform: uppercase; margin-bottom: 16px; }
output.code { display: block; margin: 0 0 18px; padding: 14px; background: var(--tint); border-radius: 10px; text-align: center;
  font: 650 1.75rem ui-monospace, monospace; letter-spacing: .14em; }
.actions { display: flex; gap: 10px; }
.actions > * { flex: 1; }
button { font: inherit; font-weight: 600; padding: 10px 18px; border-radius: 10px; border: 1px solid var(--line); background: none; color: inherit;
  cursor: pointer; white-space: nowrap; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.danger { color: var(--danger); }
button.small { padding: 7px 12px; font-weight: 500; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.card > p:last-child { margin-bottom: 0; }
.foot { margin: 18px 4px 0; font-size: .86rem; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: .82rem; font-weight: 500; color: var(--soft); padding: 0 12px 8px 0; }
td { padding: 12px 12px 12px 0; border-top: 1px solid var(--line); vertical-align: middle; overflow-wrap: anywhere; }
td small { display: block; color: var(--soft); }
td time { white-space: nowrap; }
td form { display: flex; gap: 8px; align-items: center; }
.badge { padding: 2px 9px; border-radius: 99px; background: var(--tint); color: var(--accent); font-size: .8rem; font-weight: 600; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 14px; }
figure { margin: 0; }
figure img { width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 10px; background: var(--line); display: block; }
figcaption { margin-top: 6px; font-size: .84rem; color: var(--soft); overflow-wrap: anywhere; }
@media (max-width: 620px) { .card { padding: 20px; } table, tbody, tr, td { display: block; } thead { display: none; } td { border: 0; padding: 4px 0; } tr { border-top: 1px solid var(--line); padding: 12px 0; display: block; } }
`);

const mark = new Html(
  `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><rect x="2.5" y="4" width="19" height="16" rx="3.5"/><path d="m3 16.5 5-5.5 4.5 5 3-3 6 5.5"/><circle cx="16.5" cy="9" r="1.4" fill="currentColor" stroke="none"/></svg>`
);

const nav = html`<nav>
  <a href="/connections">Connections</a><a href="/images">Images</a><a href="/api-keys">API keys</a>
</nav>`;

/** A whole page. Nothing in it is fetched from elsewhere, and nothing in it is a script. */
export function layout(title: string, body: Html, kind: "dialog" | "dashboard" = "dialog"): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Imgwire sandbox</title>
        <link rel="icon" href="data:," />
        <style>
          ${style}
        </style>
      </head>
      <body>
        <header>${mark}<span>Imgwire</span>${kind === "dashboard" && nav}<small>sandbox</small></header>
        <main class="${kind}">${body}</main>
      </body>
    </html>`.markup;
}
