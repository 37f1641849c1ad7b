import "$shared/design/index.css";

import { mount } from "svelte";

import { theme } from "$shared/design/theme.svelte";

import Console from "./Console.svelte";

theme.apply();
mount(Console, { target: document.getElementById("console")! });
