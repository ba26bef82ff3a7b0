/** A line of a plot. */
export interface Series {
  name: string;
  /** By x; both are at least 0. */
  points: readonly (readonly [number, number])[];
}

/** One of several plots next to each other. */
export interface Plot {
  title: string;
  x: string;
  series: readonly Series[];
}

const WIDTH = 280;
const HEIGHT = 200;
const LEFT = 56;
const TOP = 34;
const BOTTOM = 44;
const COLOURS = ["#0969da", "#8c959f", "#bf3989"];
const STYLE =
  "text{font:11px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;fill:#1f2328}@media(prefers-color-scheme:dark){text{fill:#8b949e}.title{fill:#e6edf3}}";

/** Draws plots next to each other as a self-contained SVG. Their x axes are logarithmic. */
export function drawPlots(label: string, all: readonly Plot[]): string {
  const plots = all.filter(({ series }) => series.every(({ points }) => points.length > 0));
  const step = LEFT + WIDTH + 24;
  const [width, height] = [plots.length * step, TOP + HEIGHT + BOTTOM];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">`,
    `<title>${label}</title>`,
    `<style>${STYLE}</style>`,
    ...plots.map(
      (plot, index) => `<g transform="translate(${index * step + LEFT} ${TOP})">${draw(plot)}</g>`
    ),
    "</svg>",
    ""
  ].join("\n");
}

function draw({ title, x, series }: Plot): string {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const top = Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value))) * 1.1;
  const span = Math.log(xs.at(-1)! / xs[0]!) || 1;
  const left = (at: number): number => round((Math.log(at / xs[0]!) / span) * WIDTH);
  const down = (value: number): number => round(HEIGHT - (value / top) * HEIGHT);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = (top / 1.1) * part;
    return `<path d="M0 ${down(value)}H${WIDTH}" stroke="#8c959f" stroke-opacity=".3"/><text x="-6" y="${down(value) + 4}" text-anchor="end">${short(value)}</text>`;
  });
  const ticks = xs.map((at) => `<text x="${left(at)}" y="${HEIGHT + 16}" text-anchor="middle">${at}</text>`);
  const lines = series.map(({ points }, index) => {
    const path = points.map(([at, value]) => `${left(at)} ${down(value)}`).join("L");
    return `<path d="M${path}" fill="none" stroke="${COLOURS[index]}" stroke-width="2"/>`;
  });
  const names = series.map(
    ({ name }, index) => `<text x="8" y="${14 + index * 14}" style="fill:${COLOURS[index]}">${name}</text>`
  );
  const heads = [
    `<text class="title" x="0" y="-14">${title}</text>`,
    `<text x="${WIDTH / 2}" y="${HEIGHT + 34}" text-anchor="middle">${x}</text>`
  ];
  return [...heads, ...grid, ...ticks, ...lines, ...names].join("");
}

const round = (value: number): number => Math.round(value * 10) / 10;
const short = (value: number): string => (value >= 10 ? String(Math.round(value)) : value.toFixed(1));
