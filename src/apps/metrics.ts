import { chart, describe, sparkline } from "./chart.ts";
import { button, type Content, element } from "./element.ts";
import { formatPercent } from "./format.ts";
import type { ToolResult } from "./host.ts";
import { type Measure, measuresIn } from "./measures.ts";
import { Page, reasonOf } from "./page.ts";

const TOOL = "fetch_metrics";
const INTERVALS = { HOURLY: "Hourly", DAILY: "Daily", WEEKLY: "Weekly", MONTHLY: "Monthly" } as const;

let args: Record<string, unknown> = {};
let selected = 0;

const page = Page.ofCall("metrics", "Metrics", {
  input: (given) => (args = given),
  result: showResult
});

function showResult(result: ToolResult): void {
  if (result.isError) return page.failed(reasonOf(result));
  const measures = measuresIn(result);
  if (measures.length === 0) return page.failed("The result contains no metrics.");
  selected = Math.min(selected, measures.length - 1);
  page.tools(...intervals());
  show(measures);
}

function show(measures: readonly Measure[]): void {
  const plot = element("div", { className: "card" });
  const tiles = measures.map((measure, at) =>
    tile(measure, () => {
      selected = at;
      mark();
    })
  );
  const mark = (): void => {
    for (const [at, each] of tiles.entries()) each.ariaPressed = String(at === selected);
    plot.replaceChildren(...large(measures[selected]!));
  };
  page.show(element("div", { className: "tiles" }, ...tiles), plot);
  mark();
}

function tile({ label, value, change, format, points }: Measure, choose: () => void): HTMLButtonElement {
  const { locale } = page.host.context;
  const made = button(element("span", { className: "soft" }, label), choose, "tile");
  made.append(
    element("strong", {}, value === undefined ? "–" : format(value, locale)),
    element(
      "span",
      { className: change === undefined || change === 0 ? "soft" : "change" },
      changeText(change)
    )
  );
  if (points.length > 1) made.append(sparkline(points));
  return made;
}

function changeText(change: number | undefined): string {
  if (change === undefined) return "\u00a0";
  if (change === 0) return "no change";
  const size = formatPercent(Math.abs(change), page.host.context.locale);
  return `${change > 0 ? "▲" : "▼"} ${size} ${change > 0 ? "up" : "down"}`;
}

/** Creates the selected metric's chart and a table of its numbers. */
function large(measure: Measure): HTMLElement[] {
  const { label, points, format } = measure;
  const heading = element("h2", {}, label);
  if (points.length === 0)
    return [heading, element("p", { className: "soft" }, "No history for this metric.")];
  const where = page.host.context;
  const rows = points.map((point) => {
    const [time] = describe(measure, point, where).split(/: (?=[^:]*$)/);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, time),
      element("td", {}, format(point.value, where.locale))
    );
  });
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "Time"),
    element("th", { scope: "col" }, label)
  );
  return [
    heading,
    chart(measure, where),
    element(
      "details",
      {},
      element("summary", {}, "Show the numbers"),
      element(
        "div",
        { className: "scroll", tabIndex: 0, role: "region", "aria-label": `${label} as a table` },
        element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))
      )
    )
  ];
}

/** Creates buttons for the interval between points, if the host lets this page call tools. */
function intervals(): Content[] {
  if (!page.host.can("serverTools")) return [];
  const current = typeof args["interval"] === "string" ? args["interval"] : "HOURLY";
  const choices = Object.entries(INTERVALS).map(([interval, label]) => {
    const made = button(label, () => void load(interval));
    made.ariaPressed = String(interval === current);
    return made;
  });
  return [element("div", { className: "segments", role: "group", "aria-label": "Interval" }, ...choices)];
}

async function load(interval: string): Promise<void> {
  // Each interval has its own default period, so only the time zone is kept.
  const { tz } = args;
  const asked = { interval, ...(tz !== undefined && { tz }) };
  const result = await page.call(TOOL, asked);
  if (!result) return;
  args = asked;
  showResult(result);
  document.querySelector<HTMLElement>(".segments [aria-pressed=true]")?.focus();
}
