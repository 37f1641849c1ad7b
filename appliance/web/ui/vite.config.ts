import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);

// One entry for each surface; each is built into its own folder and served beneath its own path.
export default defineConfig({
  root: here("console"),
  base: "/admin/",
  plugins: [svelte({ configFile: here("svelte.config.js") })],
  resolve: { alias: { $shared: here("shared"), $console: here("console") } },
  build: {
    outDir: here("../static/console"),
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the page's policy allows no data: font and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
