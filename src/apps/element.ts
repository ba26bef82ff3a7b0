/** Properties to create an element with: all except those that parse HTML, plus ARIA attributes. */
type Properties<E> = Partial<Omit<E, "innerHTML" | "outerHTML" | "style" | "children" | "role">> & {
  [attribute: `aria-${string}`]: string;
  role?: string;
};

/** The content of an element; strings are always inserted as text. */
export type Content = Node | string | false | undefined;

/** Creates an HTML element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...contents: Content[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role" || name.startsWith("aria-")) node.setAttribute(name, value as string);
    else Object.assign(node, { [name]: value });
  }
  node.append(...present(contents));
  return node;
}

/** Creates an SVG element. */
export function shape(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...contents: Content[]
): SVGElement {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...present(contents));
  return node;
}

/** Creates a 24 × 24 line icon, hidden from screen readers. */
export function icon(...paths: string[]): SVGElement {
  const attributes = { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" };
  return shape("svg", attributes, ...paths.map((d) => shape("path", { d })));
}

/**
 * Creates a button.
 * @param kind class names to add
 */
export function button(label: Content, action: () => void, kind = ""): HTMLButtonElement {
  return element("button", { type: "button", className: kind, onclick: action }, label);
}

function present(contents: readonly Content[]): (Node | string)[] {
  return contents.filter((each) => each !== undefined && each !== false);
}
