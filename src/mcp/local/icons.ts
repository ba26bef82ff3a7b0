/** The icon of the local tools (MCP 2025-11-25, icons): small, since it is sent with each of them. */
export const ICONS = [
  {
    src: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E%3Cpath fill='%230b6e5f' d='M0 8l3-5 2 3 1-1 3 3z'/%3E%3C/svg%3E",
    mimeType: "image/svg+xml"
  }
];
