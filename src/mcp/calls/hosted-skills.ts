import { ownRequest, type Requester } from "./own-call.ts";

/** A list with more pages than this is taken for one that never ends. */
const MAX_PAGES = 20;
/** All pages together, as JSON text. */
const MAX_LIST_CHARS = 1024 * 1024;

/**
 * The entries of the hosted server's skills, all pages (SEP-2640, `skills/list`); what is too long ends where
 * it is.
 * @throws as {@link ownRequest}
 */
export async function hostedSkills(requester: Requester): Promise<unknown[]> {
  const listed: unknown[] = [];
  let size = 0;
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const { skills, nextCursor } = await ownRequest(requester, "skills/list", params);
    const entries: unknown[] = Array.isArray(skills) ? skills : [];
    size += JSON.stringify(entries).length;
    if (size > MAX_LIST_CHARS) return listed;
    listed.push(...entries);
    if (typeof nextCursor !== "string" || nextCursor === cursor) return listed;
    cursor = nextCursor;
  }
  return listed;
}
