// Validates a pipeline of GitLab, as JSON on stdin, with GitLab's schema.
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { schema } from "./node_modules/gitlab-ci-local/src/schema/schema.js";

const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false }).compile(schema);
if (!validate(JSON.parse(readFileSync(0, "utf8")))) {
  for (const { instancePath, message } of validate.errors) {
    console.error(`${instancePath}: ${message}`);
  }
  process.exit(1);
}
