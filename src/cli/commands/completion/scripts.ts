/** The shells with a completion script. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Returns a shell's completion script. The script runs this program when Tab is pressed, so it never goes out
 * of date. Names from Imgwire are quoted before they are inserted.
 */
export function scriptFor(shell: Shell): string {
  return SCRIPTS[shell];
}

const BASH = `# Bash completion for imgwire. Add this to ~/.bashrc:
#   source <(imgwire completion bash)
_imgwire() {
  local typed=\${COMP_WORDS[COMP_CWORD]} kind="" line value
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; continue; fi
    value=\${line%%$'\\t'*}
    case $typed in
      # Readline adds the closing quote; values that a quote can't protect are left out.
      [\\"\\']*) [[ $value == *[\\"\\'\\$\\\`\\\\!]* ]] || COMPREPLY+=("$value") ;;
      *) COMPREPLY+=("$(printf '%q' "$value")") ;;
    esac
  done < <(imgwire __complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ $kind == paths ]]; then
    if type compopt >/dev/null 2>&1; then compopt -o default
    else while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$typed"); fi
  fi
}
complete -F _imgwire imgwire
`;

const ZSH = `#compdef imgwire
# Zsh completion for imgwire. Add this to ~/.zshrc:
#   source <(imgwire completion zsh)
_imgwire() {
  local -a lines values shown
  local line
  lines=("\${(@f)$(imgwire __complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  if [[ $lines[1] == paths ]]; then
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  compadd -l -d shown -a values
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _imgwire "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _imgwire imgwire
fi
`;

const FISH = `# Fish completion for imgwire. Add this to ~/.config/fish/config.fish:
#   imgwire completion fish | source
function __imgwire_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (imgwire __complete fish -- $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = paths
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $lines[2..-1]
    end
end
complete -c imgwire -f -a '(__imgwire_complete)'
`;

const POWERSHELL = `# PowerShell completion for imgwire. Add this to $PROFILE:
#   imgwire completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName imgwire -ScriptBlock {
  param($typed, $line, $cursor)
  $words = @($line.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursor -or ($_.Extent.EndOffset -eq $cursor -and $typed -eq '') } |
    ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
  $lines = @(imgwire __complete powershell "--" @words (@("$typed".Trim("'", '"'), '""')["$typed" -eq '' -and $PSVersionTable.PSVersion -lt [version]'7.3']) 2>$null)
  if ($lines.Count -eq 0 -or $lines[0] -eq 'paths') { return }
  $lines | Select-Object -Skip 1 | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    # A single-quoted string runs nothing and expands nothing.
    $text = if ($value -match '^[\\w./=:-]+$') { $value } else { "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'" }
    [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $(if ($about) { $about } else { $value }))
  }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };
