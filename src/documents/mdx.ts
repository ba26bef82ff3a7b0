import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import {
  type MdxJsxAttribute,
  type MdxJsxFlowElement,
  type MdxJsxTextElement,
  mdxFromMarkdown
} from "mdast-util-mdx";
import { gfm } from "micromark-extension-gfm";
import { mdxjs } from "micromark-extension-mdxjs";
import type { Nodes, Root } from "mdast";
import { visit } from "unist-util-visit";
import { ImgwireError, messageOf } from "../errors.ts";
import { referencesIn, widthIn } from "./html.ts";
import { definitionsOf, destinations } from "./markdown.ts";
import type { Reference, Srcset } from "./reference.ts";
import { srcsetOf } from "./responsive.ts";
import { ADDRESSES, mayBeImage, Script } from "./script.ts";

/** A cheap test that skips the parser for documents without images. */
const MAY_NAME_IMAGES = /!\[|<\w|\bimport\b|\brequire\b/;

/**
 * Finds the places where MDX names an image: Markdown images, JSX attributes, and imports and `require` calls
 * whose value is used as an address.
 * @throws ImgwireError `document_invalid` if the text isn't valid MDX
 */
export function findInMdx(text: string): Reference[] {
  if (!MAY_NAME_IMAGES.test(text)) return [];
  const tree = parse(text);
  const definitions = definitionsOf(tree);
  const script = new Script(text);
  const found = new Map<number, Reference>();
  const add = (reference: Reference | undefined): void => {
    if (reference) found.set(reference.start, reference);
  };
  visit(tree, (node) => {
    if (node.type === "image") add(node.data?.destination);
    else if (node.type === "imageReference") add(definitions.get(node.identifier));
    else if (isElement(node)) for (const each of inElement(node, text, script)) add(each);
    else if (isScript(node)) script.add(node.data?.estree);
  });
  script.references().forEach(add);
  return [...found.values()].sort((a, b) => a.start - b.start);
}

function parse(text: string): Root {
  try {
    return fromMarkdown(text, {
      extensions: [gfm(), mdxjs()],
      mdastExtensions: [gfmFromMarkdown(), mdxFromMarkdown(), destinations]
    });
  } catch (error) {
    const { line, column } = error as { line?: number; column?: number };
    const place = line === undefined ? "" : ` (${line}:${column})`;
    throw new ImgwireError("document_invalid", `not valid MDX: ${messageOf(error)}${place}`, {
      cause: error
    });
  }
}

type Element = MdxJsxFlowElement | MdxJsxTextElement;

function isElement(node: Nodes): node is Element {
  return node.type === "mdxJsxFlowElement" || node.type === "mdxJsxTextElement";
}

function isScript(node: Nodes): node is Extract<Nodes, { type: "mdxjsEsm" | "mdxFlowExpression" }> {
  return ["mdxjsEsm", "mdxFlowExpression", "mdxTextExpression"].includes(node.type);
}

/**
 * The image attributes of HTML elements. For all other elements, `src` and similar attributes are checked.
 */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  img: ["src", "srcSet", "srcset"],
  source: ["srcSet", "srcset"],
  video: ["poster"],
  audio: [],
  iframe: [],
  script: [],
  input: [],
  embed: [],
  track: []
};

function inElement(element: Element, text: string, script: Script): Reference[] {
  const names = ELEMENTS[element.name ?? ""];
  const isHtml = /^[a-z]+$/.test(element.name ?? "");
  const width = widthOf(element, text);
  const srcset = element.name === "img" ? ownSrcset(element) : undefined;
  const facts = { ...(width && { width }), ...(srcset && { srcset }) };
  const addresses = (names ?? Object.keys(ADDRESSES)).filter((name) => !(srcset && SRCSETS.includes(name)));
  return element.attributes.flatMap((attribute): Reference[] => {
    if (attribute.type !== "mdxJsxAttribute") {
      script.add(attribute.data?.estree);
      return [];
    }
    const isAddress = addresses.includes(attribute.name);
    const { value } = attribute;
    if (typeof value === "object") {
      script.add(value?.data?.estree, isAddress ? ADDRESSES[attribute.name] : undefined, isHtml);
      return [];
    }
    if (!isAddress || !value) return [];
    const found = inAttribute(attribute, value, text, names !== undefined);
    return found.map((each) => ({ ...each, ...facts }));
  });
}

const SRCSETS = ["srcSet", "srcset"];

function ownSrcset(element: Element): Srcset | undefined {
  if (element.attributes.some(({ type }) => type === "mdxJsxExpressionAttribute")) return undefined;
  const isOther = (name: string): boolean => SRCSETS.includes(name);
  return srcsetOf(
    attributeIn(element, (name) => name === "src"),
    attributeIn(element, isOther),
    "srcSet"
  );
}

/** Finds an attribute. Its value is "" unless it is a string, because publish writes only strings. */
function attributeIn({ attributes }: Element, isMeant: (name: string) => boolean) {
  for (const { position, ...attribute } of attributes) {
    if (attribute.type !== "mdxJsxAttribute" || !isMeant(attribute.name)) continue;
    const [start, end] = [position?.start.offset ?? 0, position?.end.offset ?? 0];
    return { value: typeof attribute.value === "string" ? attribute.value : "", start, end };
  }
  return undefined;
}

/**
 * Finds references in an attribute. A component may do anything with `src`, so its value must look like an
 * image.
 */
function inAttribute(
  { name, position }: MdxJsxAttribute,
  value: string,
  text: string,
  isKnown: boolean
): Reference[] {
  const notation = ADDRESSES[name] ?? "attribute";
  const [start, end] = [position?.start.offset, position?.end.offset];
  if (!(isKnown || mayBeImage(value, notation)) || start === undefined || end === undefined) return [];
  const found = referencesIn(text, { start, end }, value, notation);
  return isKnown ? found : found.map((each) => ({ ...each, optional: true }));
}

function widthOf({ attributes }: Element, text: string): number | undefined {
  const width = attributes.find((each) => each.type === "mdxJsxAttribute" && each.name === "width");
  const attribute = text.slice(width?.position?.start.offset ?? 0, width?.position?.end.offset ?? 0);
  return widthIn(attribute.replace(/^width\s*=\s*/, "").replace(/["']/g, ""));
}
