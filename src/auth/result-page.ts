/** What the browser shows at the end of a loopback sign-in. */
export interface Page {
  status: number;
  title: string;
  /** Plain text; it may hold what a server said. */
  text: string;
  good: boolean;
}

export const SIGNED_IN: Page = {
  status: 200,
  title: "You are signed in to Imgwire",
  text: "You can close this tab and go back to where you came from.",
  good: true
};

/** The header fields of every answer of the listener: nothing is loaded, framed, cached or passed on. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
  Connection: "close"
};

/** A page saying that the sign-in failed, and why. */
export function failurePage(why: string, status = 400): Page {
  return { status, title: "The sign-in did not work", text: why, good: false };
}

/** Renders a page: no scripts, nothing from elsewhere, every text escaped. */
export function renderPage({ title, text, good }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${good ? "good" : "bad"}">
<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="${good ? TICK : CROSS}"/></svg>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
<footer>imgwire-mcp, running on this computer</footer>
</main>
</body>
</html>
`;
}

const TICK = "M14 25l7 7 13-15";
const CROSS = "M16 16l16 16M32 16L16 32";

const STYLE = `
:root { --page: #f5f6f8; --card: #fff; --text: #1b1f27; --soft: #5b6472; --line: #e2e5ea; --good: #14804a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12151b; --card: #1b2029; --text: #eceff4; --soft: #a3adbb; --line: #2c333f; --good: #4ccb8a; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 440px; padding: 40px 32px 24px; text-align: center; background: var(--card);
  border: 1px solid var(--line); border-radius: 16px; }
svg { width: 56px; fill: none; stroke: currentColor; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
.good svg { color: var(--good); } .bad svg { color: var(--bad); }
h1 { margin: 16px 0 8px; font-size: 22px; line-height: 1.3; text-wrap: balance; }
p { margin: 0; color: var(--soft); overflow-wrap: anywhere; text-wrap: pretty; }
footer { margin-top: 32px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
