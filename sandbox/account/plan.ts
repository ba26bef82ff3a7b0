import type { BillingPlan } from "../schemas.ts";

/** The organization's plan. */
export const plan: BillingPlan = {
  id: "7d3f2c8e-41b6-4a57-9f02-6f1f0f1c2a10",
  name: "Pro",
  description: "For products and teams in production.",
  monthly_price_in_cents: 2_900,
  annual_price_in_cents: 29_000,
  storage_bytes_limit: 100 * 1024 ** 3,
  transfer_bytes_limit: 500 * 1024 ** 3,
  upload_limit: 50_000,
  transformations_limit: 250_000,
  team_member_limit: 10
};
