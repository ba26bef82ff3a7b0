import { element } from "./element.ts";
import type { TransformName, Transforms } from "./transforms.ts";

/** The control for one transform. */
interface Control {
  label: string;
  /** The values to choose from, with their labels; undefined for a number field. */
  choices?: Readonly<Record<string, string>>;
  min?: number;
  max?: number;
  step?: number;
}

const CONTROLS: Readonly<Record<TransformName, Control>> = {
  width: { label: "Width (px)", min: 1, max: 8_192 },
  height: { label: "Height (px)", min: 1, max: 8_192 },
  resizing_type: {
    label: "Fit",
    choices: {
      "": "Default",
      cover: "Cover: fill and crop",
      contain: "Contain: add borders",
      fill: "Fill: stretch",
      inside: "Inside: no larger",
      outside: "Outside: no smaller"
    }
  },
  format: {
    label: "Format",
    choices: {
      "": "Default",
      auto: "Best for the browser",
      webp: "WebP",
      avif: "AVIF",
      jpg: "JPEG",
      png: "PNG"
    }
  },
  quality: { label: "Quality", min: 1, max: 100 },
  rotate: { label: "Rotate", choices: { "": "None", 90: "90° right", 180: "180°", 270: "90° left" } },
  blur: { label: "Blur", min: 0.3, max: 100, step: 0.1 },
  sharpen: { label: "Sharpen", min: 0.1, max: 10, step: 0.1 }
};

/** The transform controls of one image. */
export class TransformControls {
  readonly form: HTMLFormElement;
  readonly #fields = new Map<TransformName, HTMLInputElement | HTMLSelectElement>();

  /** @param changed called with the current settings, without numbers that are out of range */
  constructor(initial: Transforms, changed: (transforms: Transforms) => void) {
    const rows = Object.entries(CONTROLS).map(([name, control]) => {
      const field = control.choices ? choice(control.choices) : number(control);
      field.value = initial[name as TransformName] ?? "";
      this.#fields.set(name as TransformName, field);
      return element("label", { className: "field" }, element("span", {}, control.label), field);
    });
    this.form = element("form", { className: "controls", onsubmit: () => false }, ...rows);
    this.form.addEventListener("input", () => changed(this.values()));
  }

  values(): Transforms {
    const set = [...this.#fields].filter(([, field]) => field.value !== "" && field.checkValidity());
    for (const field of this.#fields.values()) {
      if (field.checkValidity()) field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true");
    }
    return Object.fromEntries(set.map(([name, field]) => [name, field.value]));
  }

  /** Resets every control. */
  clear(): void {
    for (const field of this.#fields.values()) field.value = "";
    this.form.dispatchEvent(new Event("input"));
  }
}

function choice(choices: Readonly<Record<string, string>>): HTMLSelectElement {
  // Objects list integer-like keys first, but the empty choice belongs at the top.
  const values = Object.keys(choices).sort((one, other) => Number(other === "") - Number(one === ""));
  return element("select", {}, ...values.map((value) => element("option", { value }, choices[value])));
}

function number({ min, max, step = 1 }: Control): HTMLInputElement {
  return element("input", {
    type: "number",
    inputMode: step === 1 ? "numeric" : "decimal",
    min: String(min),
    max: String(max),
    placeholder: step === 1 && max! > 100 ? "" : `${min}–${max}`,
    step: String(step)
  });
}
