import type { Program } from "estree-jsx";
import { isNamedAsImage, referencesIn } from "./html.ts";
import type { Reference } from "./reference.ts";
import { findCandidates } from "./srcset.ts";

/** A syntax tree node; offsets count from the start of the document. */
interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

interface Imported {
  statement: Node;
  source: Node;
  url: string;
  /** How often the name is used, and how often only as the address of an HTML element. */
  uses: number;
  asAddress: number;
}

type Address = "attribute" | "srcset";

/** JSX attributes that hold the address of an image. */
export const ADDRESSES: Readonly<Record<string, Address>> = {
  src: "attribute",
  srcSet: "srcset",
  srcset: "srcset",
  poster: "attribute"
};

/**
 * Finds the images in the JavaScript of an MDX document: `import hero from "./hero.png"` if the name is used
 * as an address, `require("./a.png")`, JSX inside expressions, and the strings that publish has put in place
 * of these.
 */
export class Script {
  readonly #text: string;
  readonly #imported = new Map<string, Imported>();
  readonly #names: { node: Node; isAddress: boolean }[] = [];
  /** The names of constants that hold published images. */
  readonly #constants = new Set<string>();
  readonly #found: Reference[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * @param address set if the program is the value of an attribute that holds an address
   * @param isHtml whether that attribute belongs to an HTML element and not to a component
   */
  add(program: Program | null | undefined, address?: Address, isHtml = false): void {
    const [first] = program?.body ?? [];
    const value = first?.type === "ExpressionStatement" && (first.expression as unknown as Node);
    if (address && value) this.#addValue(value, address, isHtml);
    else if (program) this.#walk(program as unknown as Node);
  }

  references(): readonly Reference[] {
    for (const { node, isAddress } of this.#names) {
      const name = String(node["name"]);
      const imported = this.#imported.get(name);
      if (!imported && isAddress && !this.#constants.has(name)) this.#addUnresolved(node);
      if (!imported) continue;
      imported.uses += 1;
      if (isAddress) imported.asAddress += 1;
    }
    const imports = [...this.#imported].flatMap(([name, imported]) => referenceTo(name, imported));
    return [...imports, ...this.#found];
  }

  #walk(root: Node): void {
    const waiting: Node[] = [root];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      if (this.#isRead(node)) continue;
      for (const value of Object.values(node)) {
        for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
          if (isNode(each)) waiting.push(each);
        }
      }
    }
  }

  /** Handles a node that has a meaning here; returns false if its children still have to be visited. */
  #isRead(node: Node): boolean {
    switch (node.type) {
      case "ImportDeclaration":
        this.#addImport(node);
        return true;
      case "Identifier":
        this.#names.push({ node, isAddress: false });
        return false;
      case "ExportNamedDeclaration":
        return this.#addConstant(node);
      case "MemberExpression":
      case "CallExpression":
        return this.#addRequire(node);
      case "JSXElement":
        this.#addElement(node["openingElement"] as Node);
        return false;
      default:
        return node.type === "JSXAttribute" && this.#isAddress(node);
    }
  }

  #addImport(statement: Node): void {
    const source = statement["source"] as Node;
    const [specifier, ...others] = statement["specifiers"] as Node[];
    const url = source["value"];
    if (typeof url !== "string" || !isNamedAsImage(url) || others.length > 0) return;
    if (specifier?.type !== "ImportDefaultSpecifier") return;
    const name = String((specifier["local"] as Node)["name"]);
    this.#imported.set(name, { statement, source, url, uses: 0, asAddress: 0 });
  }

  /** Adds `export const hero = "https://…"`, which publish writes in place of an import. */
  #addConstant(node: Node): boolean {
    const declaration = node["declaration"];
    const [first] = isNode(declaration) ? ((declaration["declarations"] as Node[] | undefined) ?? []) : [];
    if (!isNode(first?.["init"]) || !this.#addString(first["init"])) return false;
    this.#constants.add(String((first["id"] as Node)["name"]));
    return true;
  }

  /** Adds an expression that only the site's own build can evaluate. */
  #addUnresolved({ start, end }: Node): void {
    this.#found.push({ start, end, url: `{${this.#text.slice(start, end)}}`, notation: "script" });
  }

  #addString(node: Node): boolean {
    const url = node["value"];
    if (node.type !== "Literal" || typeof url !== "string" || !/^https?:/.test(url)) return false;
    this.#found.push({ start: node.start + 1, end: node.end - 1, url, notation: "script" });
    return true;
  }

  /** Adds `require("./a.png")`, with or without `.default`. */
  #addRequire(node: Node): boolean {
    const member = node.type === "MemberExpression";
    if (member && (node["property"] as Node)["name"] !== "default") return false;
    const call = member ? (node["object"] as Node) : node;
    const [argument] = (call["arguments"] as Node[] | undefined) ?? [];
    const url = argument?.["value"];
    if (!isNode(call["callee"]) || call["callee"]["name"] !== "require") return false;
    if (typeof url !== "string" || !isNamedAsImage(url)) return false;
    this.#found.push({ start: node.start, end: node.end, url, notation: "script" });
    return true;
  }

  readonly #addresses = new Map<Node, string>();

  /** Reads the attributes of a JSX element inside an expression. */
  #addElement(opening: Node): void {
    const name = this.#text.slice((opening["name"] as Node).start, (opening["name"] as Node).end);
    for (const attribute of opening["attributes"] as Node[]) this.#addresses.set(attribute, name);
  }

  #isAddress(attribute: Node): boolean {
    const name = String((attribute["name"] as Node)["name"]);
    const notation = ADDRESSES[name];
    const value = attribute["value"];
    if (!notation || !isNode(value)) return false;
    const isHtml = /^[a-z]+$/.test(this.#addresses.get(attribute) ?? "");
    if (value.type === "JSXExpressionContainer")
      this.#addValue(value["expression"] as Node, notation, isHtml);
    else if (typeof value["value"] === "string" && mayBeImage(value["value"], notation)) {
      this.#found.push(...referencesIn(this.#text, attribute, value["value"], notation));
    }
    return true;
  }

  /** Reads an address in braces. */
  #addValue(value: Node, address: Address, isHtml: boolean): void {
    if (value.type === "Identifier") this.#names.push({ node: value, isAddress: isHtml });
    else if (!this.#addText(value, address, isHtml)) {
      const before = this.#found.length;
      this.#walk(value);
      if (isHtml && this.#found.length === before) this.#addUnresolved(value);
    }
  }

  /** Reads a string, or a template without expressions. Text with escapes is ignored. */
  #addText(value: Node, address: Address, isHtml: boolean): boolean {
    const isTemplate = value.type === "TemplateLiteral" && (value["expressions"] as Node[]).length === 0;
    if (!isTemplate && typeof value["value"] !== "string") return false;
    const text = this.#text.slice(value.start + 1, value.end - 1);
    if (text.includes("\\") || !(isHtml || mayBeImage(text.trim(), address))) return false;
    const parts = address === "srcset" ? findCandidates(text) : wordIn(text);
    for (const { start, end } of parts) {
      const range = { start: value.start + 1 + start, end: value.start + 1 + end };
      const optional = !isHtml && { optional: true as const };
      this.#found.push({ ...range, url: text.slice(start, end), notation: "script", ...optional });
    }
    return parts.length > 0;
  }
}

/** Trims the white space around a text and returns the remaining range. */
function wordIn(text: string): Pick<Reference, "start" | "end">[] {
  const start = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  return end > start ? [{ start, end }] : [];
}

/** Whether an attribute value may name an image. Published images have no extension. */
export function mayBeImage(value: string, notation: string): boolean {
  return notation === "srcset" || isNamedAsImage(value) || /^https?:/.test(value);
}

/**
 * Returns the reference for an import. It can become a constant only if it is used as nothing but an address,
 * because some bundlers turn imported images into objects.
 */
function referenceTo(name: string, { statement, source, url, uses, asAddress }: Imported): Reference[] {
  if (uses === 0) return [];
  if (uses > asAddress)
    return [{ start: source.start, end: source.end, url: `{${name}}`, notation: "script" }];
  return [{ start: statement.start, end: statement.end, url, notation: "script" }];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
