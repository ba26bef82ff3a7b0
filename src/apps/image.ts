import { button, element } from "./element.ts";
import type { ToolResult } from "./host.ts";
import { ImageView, placeholder, statusOf } from "./image-view.ts";
import { Page, reasonOf } from "./page.ts";
import { listingIn, type Picture } from "./pictures.ts";

const page = Page.ofCall("image", "Image", {
  result: showResult
});

function showResult(result: ToolResult): void {
  const [picture] = listingIn(result).pictures;
  if (result.isError) return page.failed(reasonOf(result));
  if (!picture) return page.failed("The result contains no image.");
  const { url } = picture;
  page.title(picture.name);
  page.tools();
  if (url === undefined) showWaiting(picture);
  else page.show(new ImageView(page, { ...picture, url }).node);
}

/** Shows the status of an image that isn't available yet, or is quarantined. */
function showWaiting(picture: Picture): void {
  const { id } = picture;
  const again = async (): Promise<void> => {
    const result = await page.call("retrieve_image", { image_id: id });
    if (result) showResult(result);
  };
  const canAsk = id !== undefined && page.host.can("serverTools") && picture.status !== "QUARANTINE";
  page.show(
    element(
      "div",
      { className: "waiting" },
      placeholder(),
      element("p", {}, statusOf(picture)),
      canAsk && button("Check again", () => void again())
    )
  );
}
