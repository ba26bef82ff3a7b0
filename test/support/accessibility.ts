import axe from "axe-core";
import type { Page } from "playwright-core";

/** Everything that axe reports for a page, including best practices, as `rule: element`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ": " + node.html)))`);
}

/**
 * Controls that don't stand out from their surroundings: neither their border nor their background has a
 * contrast of 3:1 (WCAG 2.2, 1.4.11), which axe doesn't check. Run {@link violations} first, which loads axe.
 */
export function faintControls(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const colour = (text) => { const made = new axe.commons.color.Color(); made.parseString(text); return made; };
    const visible = (node) => node && (colour(getComputedStyle(node).backgroundColor).alpha > 0 ? node : visible(node.parentElement));
    const contrast = (one, other) => axe.commons.color.getContrast(colour(one), colour(other));
    return [...document.querySelectorAll("button, input[type=text], select, label.choice")]
      .filter((control) => {
        const own = getComputedStyle(control);
        const around = getComputedStyle(visible(control.parentElement)).backgroundColor;
        return contrast(own.borderBottomColor, around) < 3 && contrast(own.backgroundColor, around) < 3;
      })
      .map((control) => control.outerHTML);
  })()`);
}

/** How many pixels of a page extend beyond the right edge of the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
