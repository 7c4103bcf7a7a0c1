import { spawnSync } from "node:child_process";

/** Everything that CI proves, in the order in which a failure is cheapest to find. */
const STEPS: readonly (readonly [name: string, command: string])[] = [
  ["types", "npm run --silent typecheck"],
  ["lint", "npm run --silent lint"],
  ["layers", "npm run --silent check:layers"],
  ["build", "npm run --silent build"],
  ["exports", "npm run --silent check:exports"],
  ["docs", "npm run --silent check:docs"],
  ["tests", "npm test"],
  ["tests on the LTS release of Node", "npm run --silent test:lts"],
];

for (const [name, command] of STEPS) {
  const start = performance.now();
  console.log(`\n== ${name}: ${command}`);
  const { status } = spawnSync(command, { stdio: "inherit", shell: true });
  if (status !== 0) {
    console.error(`\ncheck: ${name} failed (${command})`);
    process.exit(status ?? 1);
  }
  console.log(`== ${name}: good, ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
