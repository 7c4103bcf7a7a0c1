import { malformedReply, s3Error } from "./error-map.js";
import type { HttpResponse } from "./http/index.js";
import { readText } from "./request.js";
import { childText, parseXml, type XmlElement, XmlError } from "./xml.js";

/**
 * The root element of a reply, which must have this name. An `<Error>` under status 200 (which
 * CompleteMultipartUpload, CopyObject and UploadPartCopy send when they fail after the head of the
 * reply is gone, also behind white space that kept the connection alive) is thrown as the error it is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export async function readXmlReply(
  response: HttpResponse,
  name: string,
  operation: string,
  uri: string,
): Promise<XmlElement> {
  const text = await readText(response, operation, uri);
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) throw malformedReply(operation, uri, error.message);
    throw error;
  }
  if (root.name === name) return root;
  if (root.name !== "Error") {
    throw malformedReply(operation, uri, `a <${root.name}> where <${name}> was awaited`);
  }
  // With status 500 in mind: what S3 says late is as worth a retry as if said in time.
  throw s3Error(
    {
      status: 500,
      providerCode: childText(root, "Code"),
      providerMessage: childText(root, "Message"),
      requestId: response.headers.get("x-amz-request-id") ?? childText(root, "RequestId"),
      hostId: response.headers.get("x-amz-id-2") ?? childText(root, "HostId"),
    },
    operation,
    uri,
    { errorUnderStatus: response.status },
  );
}
