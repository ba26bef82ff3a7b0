import { ImgwireError } from "../errors.ts";
import { stripControls } from "../log.ts";
import { escapeHtml } from "../system/html.ts";

/** A page of the callback server. */
export interface Page {
  status: number;
  title: string;
  /** Plain text; it may quote a server. */
  text: string;
  /** The icon above the title. */
  sign: "done" | "failed" | "none";
}

/** The header fields of every page: they forbid loading, framing, caching and referrers. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
  Connection: "close"
};

/**
 * The page after a sign-in.
 * @param returnTo the name of the program to return to; undefined if unknown
 */
export function signedInPage(returnTo: string | undefined): Page {
  const text = `You can close this tab and return to ${nameOf(returnTo)}.`;
  return { status: 200, title: "You're signed in to Imgwire", text, sign: "done" };
}

/** The page after a sign-in that failed. */
export function pageForError(error: Error, returnTo: string | undefined): Page {
  const { code, cause } = error instanceof ImgwireError ? error : {};
  const again = `Return to ${nameOf(returnTo)} to try again.`;
  if (code === "sign_in_needed" && (cause as { error?: unknown } | undefined)?.error === "access_denied") {
    const text = `You chose not to allow access, so nothing was connected. Changed your mind? ${again}`;
    return messagePage(400, "Sign-in cancelled", text);
  }
  if (code === "closed" || code === "interrupted") {
    const text = `The program that started this sign-in has ended. ${again} It will give you a new link or a code.`;
    return messagePage(400, "Sign-in interrupted", text);
  }
  // A server's text may lack the full stop.
  const what = error.message.replace(/[^.!?…]$/, "$&.");
  return { status: 400, title: "Sign-in failed", text: `${what} ${again}`, sign: "failed" };
}

/** The page for a link that belongs to a different sign-in. */
export function staleLinkPage(): Page {
  const text =
    "It doesn't belong to the current sign-in. Go back to your terminal or agent and use the newest link.";
  return messagePage(400, "This link is out of date", text);
}

/** The page for a link that was opened twice. */
export function usedLinkPage(): Page {
  const text = "You can close this tab. The other tab shows the result.";
  return messagePage(409, "This link was already used", text);
}

/** The page for any path but the callback's. */
export function notFoundPage(): Page {
  return messagePage(404, "Not found", "Your sign-in to Imgwire is still in progress in another tab.");
}

/** The page for a request that isn't from a browser on this computer. @param text who may open it */
export function notAvailablePage(text: string): Page {
  return messagePage(403, "Not available", text);
}

/** A page without an icon. */
function messagePage(status: number, title: string, text: string): Page {
  return { status, title, text, sign: "none" };
}

const MAX_NAME_LENGTH = 60;

/** The program's name for use in a sentence. Agents report it themselves, so it can be any text. */
function nameOf(returnTo: string | undefined): string {
  const name = stripControls(returnTo ?? "")
    .replace(/\s+/g, " ")
    .trim();
  return name && name.length <= MAX_NAME_LENGTH ? name : "your terminal or agent";
}

/** Renders a page without scripts or external resources, with all text escaped. */
export function renderPage({ title, text, sign }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Imgwire</title>
<link rel="icon" href="${FAVICON}">
<style>${STYLE}</style>
</head>
<body>
<header>${MARK}<span>Imgwire</span></header>
<main>
<section class="card ${sign}">
${SIGNS[sign]}<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
</section>
<p class="foot">Shown by imgwire-mcp on this computer.</p>
</main>
</body>
</html>
`;
}

const SHAPE =
  '<rect x="2.5" y="4" width="19" height="16" rx="3.5"/><path d="m3 16.5 5-5.5 4.5 5 3-3 6 5.5"/><circle cx="16.5" cy="9" r="1.4" fill="currentColor" stroke="none"/>';
const MARK = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true">${SHAPE}</svg>`;
const FAVICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b6e5f" color="#0b6e5f" stroke-width="2" stroke-linejoin="round">${SHAPE}</svg>`
)}`;

const SIGNS: Readonly<Record<Page["sign"], string>> = {
  done: signSvg("M15 25l6.5 6.5L34 18"),
  failed: signSvg("M17 17l14 14M31 17L17 31"),
  none: ""
};

function signSvg(path: string): string {
  return `<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="${path}"/></svg>\n`;
}

/** Uses the colours of the consent page that the user has just left. */
const STYLE = `
:root { color-scheme: light dark; --paper: #f6f5f2; --card: #fff; --ink: #1d1f23; --soft: #5c6169; --line: #e2e0da;
  --accent: #0b6e5f; --tint: #e5f2ef; --danger: #a8322a; --warn: #fbeae8; --shadow: 0 1px 2px #0001, 0 12px 32px #0000000f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1d2026; --ink: #eceef1; --soft: #a3aab4;
  --line: #31353d; --accent: #5cc9b5; --tint: #17332e; --danger: #f0897f; --warn: #3a2320; --shadow: 0 12px 32px #0006; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header { display: flex; align-items: center; gap: 10px; padding: 22px 28px; font-weight: 650; letter-spacing: -.01em; }
header svg { width: 26px; height: 26px; color: var(--accent); }
main { max-width: 468px; margin: 0 auto; padding: 4vh 24px 64px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 28px; box-shadow: var(--shadow); }
.card > svg { display: block; width: 44px; margin-bottom: 18px; fill: var(--tint); stroke: var(--accent); stroke-width: 3;
  stroke-linecap: round; stroke-linejoin: round; }
.card > svg circle { stroke: none; }
.failed > svg { fill: var(--warn); stroke: var(--danger); }
.card > svg path { fill: none; }
h1 { margin: 0 0 6px; font-size: 1.45rem; line-height: 1.25; letter-spacing: -.02em; overflow-wrap: anywhere; text-wrap: balance; }
p { margin: 0; color: var(--soft); overflow-wrap: anywhere; text-wrap: pretty; }
.foot { margin: 18px 4px 0; font-size: .86rem; }
@media (max-width: 480px) { header { padding: 18px 20px; } main { padding: 8px 16px 48px; } .card { padding: 20px; } }
`;
