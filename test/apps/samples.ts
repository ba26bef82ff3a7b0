import sharp from "sharp";

const SCENES = [
  ["#f6d7a7", "#e9836b", "#2f3e5c"],
  ["#bfe3f0", "#5aa0c8", "#1c3c50"],
  ["#efe6d5", "#c9a46b", "#5b3a29"],
  ["#dcefd9", "#6fae7f", "#1f4a3a"],
  ["#e6dcf5", "#9a7fd1", "#382a5e"]
] as const;

/** Writes an image of 1200 by 800 pixels that looks different for each scene. @returns its path */
export async function photo(path: string, scene: number): Promise<string> {
  const [sky, hills, ground] = SCENES[scene % SCENES.length]!;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800"><rect width="1200" height="800" fill="${sky}"/>
    <circle cx="${250 + scene * 170}" cy="220" r="90" fill="#fff8"/><path d="M0 560 L300 330 L620 560 L880 380 L1200 600 V800 H0z" fill="${hills}"/>
    <path d="M0 680 Q400 600 700 690 T1200 660 V800 H0z" fill="${ground}"/></svg>`;
  await sharp(Buffer.from(svg)).jpeg().toFile(path);
  return path;
}

/** A result of `fetch_metrics` for a day with a busy afternoon. */
export function dayOfMetrics(): object {
  const start = Date.UTC(2026, 10, 25, 0);
  const busy = (hour: number): number =>
    Math.round(900 * Math.exp(-((hour - 15) ** 2) / 18) + 40 + 7 * (hour % 5));
  const series = (name: string, times: number): object[] =>
    Array.from({ length: 24 }, (_, hour) => ({
      timestamp: new Date(start + hour * 3_600_000).toISOString(),
      [name]: Math.round(busy(hour) * times)
    }));
  const stat = (value: number, pct_change: number | null): object => ({ value, prev: 0, pct_change });
  const structuredContent = {
    stats: {
      requests: stat(7_412, 12.4),
      transfer_bytes: stat(1_843_000_000, -3.1),
      cache_hit_ratio: stat(93.6, 0),
      transformations: stat(611, 48),
      uploads: stat(24, null),
      storage_bytes: stat(5_200_000_000, 2.2)
    },
    datasets: {
      requests: series("requests", 1),
      transfer_bytes: series("transfer_bytes", 250_000),
      cache_hit_ratio: [{ label: "HIT", value: 6_900 }],
      transformations: series("transformations", 0.1),
      uploads: series("uploads", 0.01),
      storage_bytes: series("storage_bytes_current", 900_000)
    }
  };
  return { content: [], structuredContent };
}
