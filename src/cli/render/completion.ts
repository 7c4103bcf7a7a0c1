/** What a shell completes of a command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flags: string; readonly description: string }[];
}

/** A script for bash: command names, then options; file names elsewhere. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, options }) => `    ${name}) options="${options.flatMap(flagsOf).join(" ")}" ;;`,
  );
  return `_lode() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" options="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  if [ -z "$command" ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$current"))
    return
  fi
  case "$command" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options --help" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _lode lode`;
}

/** A script for zsh, with summaries. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, options }) => {
    const words = options.flatMap((option) =>
      flagsOf(option).map((flag) =>
        quote(`${flag}[${option.description.replace(/[[\]:]/g, " ")}]`),
      ),
    );
    return `    ${name}) _arguments ${words.join(" ")} '*:file:_files' ;;`;
  });
  return `#compdef lode
_lode() {
  local -a commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join("\n")}
  esac
}
compdef _lode lode`;
}

/** A script for fish, with summaries. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const lines: string[] = [];
  for (const { name, summary, options } of commands) {
    lines.push(`complete -c lode -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`);
    for (const option of options) {
      const flags = flagsOf(option).map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = option.flags.includes("<") ? " -r" : "";
      lines.push(
        `complete -c lode -n '__fish_seen_subcommand_from ${name}' ${flags.join(" ")}${value} -d ${quote(option.description)}`,
      );
    }
  }
  return lines.join("\n");
}

function flagsOf({ flags }: { readonly flags: string }): string[] {
  return flags.match(/--?[A-Za-z][A-Za-z-]*/g) ?? [];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
