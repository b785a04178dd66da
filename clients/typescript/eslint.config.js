// What tsc does not see: promises that nobody awaits, conditions that always hold, any.
import { fileURLToPath } from "node:url";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "src/gen/", "eslint.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: fileURLToPath(new URL(".", import.meta.url)) } } },
  {
    files: ["test/**"],
    // node:test runs what describe and test return by itself.
    rules: { "@typescript-eslint/no-floating-promises": "off" },
  },
);
