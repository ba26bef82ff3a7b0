import type { DrawnLine, Image, Run } from "./lines.ts";

/** A line of the terminal and, in animations, when it appears, in seconds from the start. */
export interface ScreenLine extends DrawnLine {
  at?: number;
}

/** The widest that is readable on a phone. */
export const COLUMNS = 54;
const FONT_SIZE = 14;
/** The width of a character in all common monospaced fonts. */
const ADVANCE = FONT_SIZE * 0.602;
const LINE_HEIGHT = 16;
const PADDING = 18;
const BAR = 34;

const STYLE = `
    text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d6deeb; white-space: pre; }
    .bold { font-weight: bold; fill: #ffffff; }
    .dim { fill: #8a97ad; }
    .red { fill: #ff7b72; }
    .green { fill: #7ee787; }
    .yellow { fill: #e3b341; }
    .cyan { fill: #79c0ff; }`;
const MOTION = `
    @media (prefers-reduced-motion: no-preference) {
      text { animation: appear 0.01s both; }
      @keyframes appear { from { opacity: 0; } to { opacity: 1; } }
    }`;

/** Draws a terminal's lines as a self-contained SVG. Lines with a time appear one after another. */
export function drawTerminal(title: string, lines: readonly ScreenLine[]): string {
  const rows = lines.flatMap(({ runs, images, at }) =>
    wrap(runs).map((part, index) => ({ runs: part, images: index === 0 ? images : undefined, at }))
  );
  const width = Math.ceil(2 * PADDING + COLUMNS * ADVANCE);
  const ends = rows.flatMap(({ images = [] }, index) => images.map((image) => index + image.rows));
  const height = BAR + Math.max(rows.length, ...ends) * LINE_HEIGHT + PADDING;
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (fill, index) => `<circle cx="${20 + index * 20}" cy="17" r="6" fill="${fill}"/>`
  );
  const moves = lines.some(({ at }) => at !== undefined);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `  <title>${escape(title)}</title>`,
    `  <style>${STYLE}${moves ? MOTION : ""}\n  </style>`,
    `  <rect width="${width}" height="${height}" rx="10" fill="#0d1520"/>`,
    `  ${dots.join("")}`,
    ...rows.flatMap(({ runs, at }, index) => (runs.length === 0 ? [] : [drawLine(runs, index, at)])),
    ...rows.flatMap(({ images = [] }, index) => images.map((image) => drawImage(image, index))),
    "</svg>",
    ""
  ].join("\n");
}

function drawLine(runs: readonly Run[], row: number, at: number | undefined): string {
  const y = BAR + row * LINE_HEIGHT + FONT_SIZE;
  const delay = at === undefined ? "" : ` style="animation-delay: ${at.toFixed(1)}s"`;
  return `  <text x="${PADDING}" y="${y}"${delay}>${runs.map(drawRun).join("")}</text>`;
}

function drawImage({ href, column, columns, rows }: Image, row: number): string {
  // Letters extend a little below their baseline.
  const [x, y] = [PADDING + column * ADVANCE, BAR + row * LINE_HEIGHT + 3];
  const size = `width="${(columns * ADVANCE).toFixed(1)}" height="${rows * LINE_HEIGHT}"`;
  return `  <image x="${x.toFixed(1)}" y="${y}" ${size} preserveAspectRatio="xMinYMin" href="${href}"/>`;
}

/** Wraps a line at the terminal's width. */
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

function drawRun({ text, styles }: Run): string {
  const escaped = escape(text);
  return styles.length === 0 ? escaped : `<tspan class="${styles.join(" ")}">${escaped}</tspan>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}
