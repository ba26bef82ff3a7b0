/** A piece of a line in one style. */
interface Run {
  text: string;
  /** Names of styles, as classes of the picture. */
  styles: readonly string[];
}

/** A line of the terminal, and when it appears, in seconds from the start. */
export interface ScreenLine {
  text: string;
  at: number;
}

const COLUMNS = 60;
const FONT_SIZE = 14;
/** Width of a character, in units of the font's size: that of every usual monospaced font. */
const ADVANCE = 0.602;
const LINE_HEIGHT = 20;
const PADDING = 18;
const BAR = 34;

/** What the "select graphic rendition" codes (ECMA-48, 8.3.117) turn on, and which ones turn it off again. */
const CODES: Readonly<Record<string, { on?: string; off?: readonly string[] }>> = {
  "0": { off: ["bold", "dim", "red", "green", "yellow", "cyan"] },
  "1": { on: "bold" },
  "2": { on: "dim" },
  "22": { off: ["bold", "dim"] },
  "31": { on: "red" },
  "32": { on: "green" },
  "33": { on: "yellow" },
  "36": { on: "cyan" },
  "39": { off: ["red", "green", "yellow", "cyan"] }
};

const STYLE = `
    text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d6deeb; white-space: pre; }
    .bold { font-weight: bold; fill: #ffffff; }
    .dim { fill: #8a97ad; }
    .red { fill: #ff7b72; }
    .green { fill: #7ee787; }
    .yellow { fill: #e3b341; }
    .cyan { fill: #79c0ff; }
    @media (prefers-reduced-motion: no-preference) {
      text { animation: appear 0.01s both; }
      @keyframes appear { from { opacity: 0; } to { opacity: 1; } }
    }`;

/**
 * Draws a terminal's lines as an SVG that needs nothing from elsewhere; the lines appear one after another.
 */
export function drawTerminal(title: string, lines: readonly ScreenLine[]): string {
  const rows = lines.flatMap(({ text, at }) => wrap(parse(text)).map((runs) => ({ runs, at })));
  const width = Math.ceil(2 * PADDING + COLUMNS * FONT_SIZE * ADVANCE);
  const height = BAR + rows.length * LINE_HEIGHT + PADDING;
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (fill, index) => `<circle cx="${20 + index * 20}" cy="17" r="6" fill="${fill}"/>`
  );
  const texts = rows.flatMap(({ runs, at }, index) => {
    const y = BAR + index * LINE_HEIGHT + FONT_SIZE;
    return runs.length === 0
      ? []
      : `  <text x="${PADDING}" y="${y}" style="animation-delay: ${at.toFixed(1)}s">${runs.map(draw).join("")}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `  <title>${escape(title)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect width="${width}" height="${height}" rx="10" fill="#0d1520"/>`,
    `  ${dots.join("")}`,
    ...texts,
    "</svg>",
    ""
  ].join("\n");
}

/** Splits a line with escape sequences into runs; sequences that set no style are dropped. */
function parse(line: string): Run[] {
  const styles = new Set<string>();
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  const parts = line.split(/\u001b\[([\d;]*)([A-Za-z])/);
  const runs: Run[] = [];
  for (let at = 0; at < parts.length; at += 3) {
    if (parts[at]) runs.push({ text: parts[at]!, styles: [...styles] });
    if (parts[at + 2] !== "m") continue;
    for (const code of (parts[at + 1] || "0").split(";")) {
      for (const style of CODES[code]?.off ?? []) styles.delete(style);
      if (CODES[code]?.on) styles.add(CODES[code].on);
    }
  }
  return runs;
}

/** Breaks a line where the terminal's width ends. */
function wrap(runs: readonly Run[]): Run[][] {
  const rows: Run[][] = [[]];
  let column = 0;
  for (const { text, styles } of runs) {
    for (let rest = text; rest !== "";) {
      if (column === COLUMNS) {
        rows.push([]);
        column = 0;
      }
      const part = rest.slice(0, COLUMNS - column);
      rows.at(-1)?.push({ text: part, styles });
      column += part.length;
      rest = rest.slice(part.length);
    }
  }
  return rows;
}

function draw({ text, styles }: Run): string {
  const escaped = escape(text);
  return styles.length === 0 ? escaped : `<tspan class="${styles.join(" ")}">${escaped}</tspan>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}
