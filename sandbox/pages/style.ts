/**
 * The stylesheet of every page. In both colour schemes, text has a contrast of at least 4.5:1, and the border
 * of every control (`--edge`) at least 3:1. `--line` is only decorative.
 */
export const style = `
:root { color-scheme: light dark; --paper: #f6f5f2; --card: #fff; --ink: #1d1f23; --soft: #595e66; --line: #e2e0da; --edge: #85817a;
  --accent: #0b6e5f; --on-accent: #fff; --tint: #e5f2ef; --danger: #a8322a; --danger-tint: #fbeae8;
  --shadow: 0 1px 2px #0001, 0 12px 32px #0000000f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1d2026; --ink: #eceef1; --soft: #a3aab4; --line: #31353d;
  --edge: #717883; --accent: #5cc9b5; --on-accent: #08231e; --tint: #17332e; --danger: #f0897f; --danger-tint: #3a201e;
  --shadow: 0 12px 32px #0006; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; padding: 20px 24px; font-weight: 650; letter-spacing: -.01em; }
header svg { flex: none; width: 26px; height: 26px; color: var(--accent); }
header small { margin-left: auto; color: var(--soft); font-weight: 400; }
nav { display: flex; gap: 4px; margin-left: 12px; font-weight: 450; }
nav a { padding: 4px 10px; border-radius: 8px; color: inherit; text-decoration: none; white-space: nowrap; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { background: var(--tint); color: var(--accent); font-weight: 600; }
main { max-width: 900px; margin: 0 auto; padding: 12px 24px 64px; }
main.dialog { max-width: 468px; padding-top: 4vh; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 28px; box-shadow: var(--shadow); }
.card + .card, .card + .foot { margin-top: 20px; }
h1 { margin: 0 0 8px; font-size: 1.45rem; line-height: 1.25; letter-spacing: -.02em; overflow-wrap: anywhere; text-wrap: balance; }
main > h1 { margin: 4px 4px 18px; }
h2 { margin: 0 0 12px; font-size: 1.05rem; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 3px; }
p { margin: 0 0 16px; color: var(--soft); overflow-wrap: anywhere; }
p strong { color: var(--ink); }
p.error { padding: 10px 14px; border-left: 4px solid var(--danger); border-radius: 4px 10px 10px 4px; background: var(--danger-tint); color: var(--danger); }
p.error strong { color: inherit; }
ul { margin: 0; padding: 0; list-style: none; }
ul.may { margin-bottom: 20px; color: var(--soft); }
ul.may li { padding: 3px 0 3px 26px; position: relative; }
ul.may li::before { content: "✓" / ""; position: absolute; left: 4px; color: var(--accent); font-weight: 700; }
fieldset { min-width: 0; margin: 0 0 22px; padding: 0; border: 0; }
legend { margin-bottom: 8px; padding: 0; font-weight: 600; }
label.choice { display: flex; gap: 10px; align-items: baseline; padding: 10px 14px; border: 1px solid var(--edge); cursor: pointer; overflow-wrap: anywhere; }
label.choice:first-of-type { border-radius: 10px 10px 0 0; }
label.choice:last-of-type { border-radius: 0 0 10px 10px; }
label.choice + label.choice { border-top: 0; }
label.choice:has(:checked) { background: var(--tint); }
label.choice span { flex: 1; min-width: 6.5em; }
label.choice small { color: var(--soft); text-align: right; }
input[type=radio] { accent-color: var(--accent); }
input[type=text], select { min-width: 0; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: 9px; padding: 9px 12px; }
::placeholder { color: var(--soft); opacity: 1; }
[aria-invalid] { border: 2px solid var(--danger) !important; }
input.code { width: 100%; font: 600 1.5rem ui-monospace, monospace; letter-spacing: .14em; text-align: center; text-transform: uppercase; margin-bottom: 16px; }
output.code { display: block; margin: 0 0 18px; padding: 14px; background: var(--tint); border-radius: 10px; text-align: center;
  font: 650 1.75rem ui-monospace, monospace; letter-spacing: .14em; }
.actions { display: flex; gap: 10px; }
.actions > * { flex: 1; }
button { font: inherit; font-weight: 600; padding: 10px 18px; border-radius: 10px; border: 1px solid var(--edge); background: none; color: inherit;
  cursor: pointer; white-space: nowrap; }
button:hover { background: var(--tint); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.primary:hover { filter: brightness(1.08); }
button.danger { color: var(--danger); border-color: currentColor; }
button.danger:hover { background: var(--danger-tint); }
button.small { padding: 8px 12px; font-weight: 500; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.card > :last-child { margin-bottom: 0; }
.foot { margin: 18px 4px 0; font-size: .88rem; }
.rows > li { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 8px 20px; align-items: center; padding: 14px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.rows > li:last-child { padding-bottom: 0; }
.rows small { display: block; color: var(--soft); }
.rows select { max-width: 15rem; text-overflow: ellipsis; }
.rows form { display: flex; gap: 8px; align-items: center; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 99px; background: var(--tint); color: var(--accent); font-size: .8rem; font-weight: 600; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr)); gap: 14px; }
figure { margin: 0; }
figure a { display: block; border-radius: 10px; }
figure img { width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 10px; background: var(--line); display: block; }
figcaption { margin-top: 6px; font-size: .84rem; color: var(--soft); overflow-wrap: anywhere; }
@media (max-width: 620px) {
  header { padding: 16px; }
  nav { order: 1; width: 100%; margin: 0 0 0 -10px; }
  main { padding: 8px 16px 48px; }
  .card { padding: 20px; }
  .rows > li { grid-template-columns: minmax(0, 1fr); }
  .rows select { flex: 1; max-width: none; }
}
@media (max-width: 340px) { nav a { padding: 4px 8px; } input.code, output.code { font-size: 1.35rem; letter-spacing: .08em; } }
`;
