# PowerShell completion for porthole
#
# porthole knows its own words: it is asked with the line so far, and answers
# with a candidate to a line. Where it says that a file is meant, PowerShell
# completes the name.

Register-ArgumentCompleter -Native -CommandName porthole, porthole.exe -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @()
    $end = 0
    foreach ($element in $commandAst.CommandElements) {
        $extent = $element.Extent
        if ($extent.StartOffset -ge $cursorPosition) { break }
        $text = $extent.Text
        if ($extent.EndOffset -gt $cursorPosition) {
            $text = $text.Substring(0, $cursorPosition - $extent.StartOffset)
        }
        $words += $text
        $end = $extent.EndOffset
    }
    # An empty argument would be dropped on its way: two quotes stand for it.
    if ($end -lt $cursorPosition) { $words += '""' }
    $typed = $words[-1] -replace '^""$', ''
    $program, $rest = $words

    # PowerShell replaces its own idea of the word, which may be the part of
    # ours behind a comma.
    $before = ''
    if ($typed.EndsWith($wordToComplete)) {
        $before = $typed.Substring(0, $typed.Length - $wordToComplete.Length)
    }
    & $program complete -- @rest 2>$null | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        if ($word -eq ':files') {
            $stem = $typed.Substring("$about".Length)
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($stem) | ForEach-Object {
                $text = "$about$($_.CompletionText)"
                if ($text.StartsWith($before)) { $text = $text.Substring($before.Length) }
                [System.Management.Automation.CompletionResult]::new($text, $_.ListItemText, $_.ResultType, $_.ToolTip)
            }
        } elseif (-not $word.StartsWith(':')) {
            $text = $word
            if ($text.StartsWith($before)) { $text = $text.Substring($before.Length) }
            if ($text -match '[|&;@]') { $text = "'$text'" }
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $about)
        }
    }
}
