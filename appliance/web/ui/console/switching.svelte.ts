/** Whether the tenant in scope is being chosen, from wherever that was asked for. */
class Switching {
  open = $state(false);
}

export const switching = new Switching();
