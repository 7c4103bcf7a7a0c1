/** The environment by which S3 clients find a test server and may use it. */
export function s3Env(url: string, accessKey: string, secretKey: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_REGION: "us-east-1",
  };
}
