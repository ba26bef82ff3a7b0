import S3rver from "@20minutes/s3rver";

const { PORT, STATE } = process.env;
await new S3rver({
  port: Number(PORT),
  address: "127.0.0.1",
  directory: STATE,
  silent: true,
  configureBuckets: [{ name: "uploads" }]
}).run();
