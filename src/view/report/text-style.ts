export interface TextStyle {
  colour: boolean;
  /** Whether the terminal shows more than ASCII: bars are drawn with block characters. */
  unicode: boolean;
  /** Only the headline. */
  quiet: boolean;
  /** Every set instead of the first few of each group. */
  verbose: boolean;
  /** The finding of each rule and its source. */
  explain: boolean;
}
