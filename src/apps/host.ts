/** The connection to the host: JSON-RPC over `postMessage` (MCP Apps 2026-01-26, communication protocol). */

type Fields = Record<string, unknown>;

/** A tool's result (MCP, tools, calling tools). */
export interface ToolResult {
  content?: readonly Fields[];
  structuredContent?: unknown;
  isError?: boolean;
}

/** The host's theme, language and time zone, and the tool that the page belongs to. */
export interface HostContext {
  theme?: "light" | "dark";
  locale?: string;
  timeZone?: string;
  toolInfo?: { tool?: { name?: string } };
}

/** The host's features that a page can use. */
interface HostCapabilities {
  serverTools?: object;
  openLinks?: object;
  message?: object;
  updateModelContext?: object;
}

/** Notifications that the host sends to a page. */
export interface HostEvents {
  /** The arguments of the call that the page belongs to. */
  input?: (args: Fields) => void;
  result?: (result: ToolResult) => void;
  cancelled?: () => void;
}

const PROTOCOL_VERSION = "2026-01-26";
const METHOD_NOT_FOUND = -32601;

interface Pending {
  resolve: (result: Fields) => void;
  reject: (error: Error) => void;
}

/** The connection to the host that shows this page. */
export class Host {
  context: HostContext = {};
  #capabilities: HostCapabilities = {};
  #pending = new Map<number, Pending>();
  #nextId = 0;

  constructor(
    private readonly events: HostEvents,
    private readonly contextChanged: (context: HostContext) => void
  ) {}

  /** Opens the connection. Messages from any other window are ignored. */
  async connect(name: string): Promise<void> {
    addEventListener("message", ({ source, data }: MessageEvent<unknown>) => {
      if (source === parent && isFields(data) && data["jsonrpc"] === "2.0") this.#receive(data);
    });
    const { hostCapabilities, hostContext } = await this.#request("ui/initialize", {
      appInfo: { name: `imgwire-${name}`, version: "1" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
      protocolVersion: PROTOCOL_VERSION
    });
    if (isFields(hostCapabilities)) this.#capabilities = hostCapabilities;
    this.#changeContext(hostContext);
    this.#notify("ui/notifications/initialized", {});
  }

  can(what: keyof HostCapabilities): boolean {
    return this.#capabilities[what] !== undefined;
  }

  /**
   * Calls a tool of the server that this page comes from.
   * @throws Error if the host refuses
   */
  callTool(name: string, args: Fields): Promise<ToolResult> {
    return this.#request("tools/call", { name, arguments: args });
  }

  /** @throws Error if the host doesn't open it */
  async openLink(url: string): Promise<void> {
    const { isError } = await this.#request("ui/open-link", { url });
    if (isError === true) throw new Error("The link couldn't be opened.");
  }

  /** Sends a message on the user's behalf. */
  async say(text: string): Promise<void> {
    await this.#request("ui/message", { role: "user", content: [{ type: "text", text }] });
  }

  /** Adds text to the model's context for the user's next message. Hosts don't show it in the chat. */
  tellModel(text: string): void {
    if (!this.can("updateModelContext")) return;
    const content = [{ type: "text", text }];
    this.#request("ui/update-model-context", { content }).catch(() => undefined);
  }

  /** Reports the page's height, in CSS pixels. */
  resized(height: number): void {
    this.#notify("ui/notifications/size-changed", { height });
  }

  #receive(message: Fields): void {
    const { id, method, params } = message;
    if (typeof method === "string" && id !== undefined) this.#answer(id, method);
    else if (typeof method === "string") this.#notified(method, isFields(params) ? params : {});
    else if (typeof id === "number") this.#settle(id, message);
  }

  #answer(id: unknown, method: string): void {
    const isKnown = method === "ping" || method === "ui/resource-teardown";
    const error = { code: METHOD_NOT_FOUND, message: "Method not found" };
    this.#post({ id, ...(isKnown ? { result: {} } : { error }) });
  }

  #notified(method: string, params: Fields): void {
    if (method === "ui/notifications/tool-input")
      this.events.input?.(isFields(params["arguments"]) ? params["arguments"] : {});
    if (method === "ui/notifications/tool-result") this.events.result?.(params);
    if (method === "ui/notifications/tool-cancelled") this.events.cancelled?.();
    if (method === "ui/notifications/host-context-changed") this.#changeContext(params);
  }

  #changeContext(changed: unknown): void {
    if (!isFields(changed)) return;
    this.context = { ...this.context, ...changed };
    this.contextChanged(this.context);
  }

  #settle(id: number, { result, error }: Fields): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (isFields(result)) pending?.resolve(result);
    else
      pending?.reject(
        new Error(isFields(error) ? String(error["message"]) : "The host sent an invalid response.")
      );
  }

  #request(method: string, params: Fields): Promise<Fields> {
    const id = ++this.#nextId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#post({ id, method, params });
    });
  }

  #notify(method: string, params: Fields): void {
    this.#post({ method, params });
  }

  /** Posts to any origin: the host's is unknown, and nothing sent here is a secret. */
  #post(message: Fields): void {
    parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
