import { ImgwireError } from "../../../errors.ts";
import type { HostedContext, Opening } from "../../hosted-era.ts";
export class ModernHosted {
  static async open(_context: HostedContext): Promise<Opening> {
    return { refused: new ImgwireError("protocol", "not yet") };
  }
}
