/** Questions before what cannot be taken back. */

export interface Question {
  title: string;
  /** Paragraphs. */
  body: string[];
  action: string;
  danger?: boolean;
  /** A word to be typed before the action can be chosen. */
  typed?: string;
  typedLabel?: string;
  cancel?: string;
}

class Confirming {
  asked = $state.raw<Question | null>(null);
  #answer: ((yes: boolean) => void) | null = null;

  ask(question: Question): Promise<boolean> {
    this.#answer?.(false);
    this.asked = question;
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  answer(yes: boolean): void {
    this.asked = null;
    this.#answer?.(yes);
    this.#answer = null;
  }
}

export const confirming = new Confirming();
export const confirm = (question: Question): Promise<boolean> => confirming.ask(question);
