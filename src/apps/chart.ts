import { element, shape } from "./element.ts";
import { formatTime } from "./format.ts";
import type { HostContext } from "./host.ts";
import type { Measure, Point } from "./measures.ts";

const HEIGHT = 180;
const TOP = 10;
const BOTTOM = 22;
const GRID_LINES = 3;
const DAY_MS = 86_400_000;

/** Creates a chart with a slider. The pointer or the slider selects the point to describe. */
export function chart(measure: Measure, where: HostContext): HTMLElement {
  const { points } = measure;
  const drawing = shape("svg", { class: "chart", "aria-hidden": "true" });
  const readout = element("p", { className: "readout" });
  const slider = element("input", {
    type: "range",
    min: "0",
    max: String(points.length - 1),
    value: String(points.length - 1),
    "aria-label": `${measure.label}: point in time`
  });
  const draw = (): void => {
    const at = Number(slider.value);
    const text = describe(measure, points[at]!, where);
    readout.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    paint(drawing, measure, at, where);
  };
  slider.oninput = draw;
  drawing.addEventListener("pointermove", ({ offsetX }: MouseEvent) => {
    const share = offsetX / Math.max(1, drawing.clientWidth);
    slider.value = String(Math.floor(share * points.length));
    draw();
  });
  new ResizeObserver(draw).observe(drawing);
  return element("div", { className: "plot" }, readout, drawing, slider);
}

/** Draws a small chart without axes or controls. */
export function sparkline(points: readonly Point[]): SVGElement {
  const max = Math.max(1, ...points.map(({ value }) => value));
  const step = 100 / Math.max(1, points.length - 1);
  const path = points.map(({ value }, at) => `${at * step},${28 - (value / max) * 26}`).join(" ");
  return shape(
    "svg",
    { class: "spark", viewBox: "0 0 100 30", preserveAspectRatio: "none", "aria-hidden": "true" },
    shape("polygon", { points: `0,30 ${path} 100,30` }),
    shape("polyline", { points: path })
  );
}

/** Describes a point in words: its time and its value. */
export function describe({ points, format }: Measure, { time, value }: Point, where: HostContext): string {
  return `${formatTime(time, hasHours(points), where)}: ${format(value, where.locale)}`;
}

/** Whether points are less than a day apart, so that their labels need the hour. */
function hasHours(points: readonly Point[]): boolean {
  return points.length > 1 && points[1]!.time - points[0]!.time < DAY_MS;
}

function paint(drawing: SVGElement, measure: Measure, selected: number, where: HostContext): void {
  const width = Math.max(120, drawing.clientWidth);
  const { points, format } = measure;
  const max = ceiling(Math.max(...points.map(({ value }) => value)));
  const y = (value: number): number => HEIGHT - BOTTOM - (value / max) * (HEIGHT - TOP - BOTTOM);
  const step = width / points.length;
  const bars = points.map(({ value }, at) =>
    shape("rect", {
      x: at * step + step * 0.14,
      y: y(value),
      width: step * 0.72,
      height: HEIGHT - BOTTOM - y(value),
      rx: Math.min(3, step * 0.2),
      class: at === selected ? "bar selected" : "bar"
    })
  );
  const grid = Array.from({ length: GRID_LINES }, (_, at) => (max * (at + 1)) / GRID_LINES).flatMap(
    (value) => [
      shape("line", { x1: 0, x2: width, y1: y(value), y2: y(value), class: "grid-line" }),
      shape("text", { x: 2, y: y(value) + 12 }, format(value, where.locale))
    ]
  );
  drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  drawing.replaceChildren(...bars, ...grid, ...dates(points, width, where));
}

/** The first and last date, shown below the bars. */
function dates(points: readonly Point[], width: number, where: HostContext): SVGElement[] {
  const label = (point: Point): string => formatTime(point.time, hasHours(points), where);
  return [
    shape("text", { x: 2, y: HEIGHT - 6 }, label(points[0]!)),
    shape("text", { x: width - 2, y: HEIGHT - 6, "text-anchor": "end" }, label(points.at(-1)!))
  ];
}

/** Rounds up to a number that divides into even steps. */
function ceiling(value: number): number {
  if (value <= 3) return 3;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1.5, 3, 6, 9, 12].map((times) => times * power).find((each) => each >= value) ?? value;
}
