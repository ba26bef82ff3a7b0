import { StdioDriver, type Message } from "../../sandbox/client/stdio-driver.ts";
import { User } from "./login.ts";
import { bin, VISIT } from "./program.ts";
import { type Script, ScriptedService } from "./scripted-service.ts";

/** A scripted service with a user who signs in to it by a browser that consents, and any number of agents. */
export class ScriptedWorld {
  readonly service: ScriptedService;
  readonly user: User;
  readonly #drivers: StdioDriver[] = [];

  private constructor(service: ScriptedService, user: User) {
    this.service = service;
    this.user = user;
  }

  static async start(script: Partial<Script> = {}): Promise<ScriptedWorld> {
    const service = await ScriptedService.start(script);
    return new ScriptedWorld(service, await User.create({ IMGWIRE_MCP_URL: service.mcpUrl, BROWSER: VISIT }));
  }

  async agent(): Promise<StdioDriver> {
    const driver = new StdioDriver({ args: [bin("imgwire-mcp")], env: this.user.env });
    this.#drivers.push(driver);
    await driver.initialize();
    return driver;
  }

  /** How many token requests of one grant type have arrived. */
  grants(type: string): number {
    return this.service.to("/token").filter(({ parameters }) => parameters["grant_type"] === type).length;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#drivers.map((driver) => driver.kill()));
    await this.service.stop();
    await this.user.remove();
  }
}

/** Whether a call failed, in whichever way. */
export function failed({ result, error }: Message): boolean {
  return error !== undefined || result?.["isError"] === true;
}
