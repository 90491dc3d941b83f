; The installer for one person: no administrator, and nothing outside of that person's own folders and settings.
; makensis -DFOLDER=... -DOUT=... -DVERSION=... -DFILES=... -DGONE=... installer.nsi
; FILES puts the package's files in place, GONE takes exactly these away again; package.sh writes both.
; It knows nothing of how Tauri's updater calls an installer (/P /R /UPDATE), so build.rs keeps the updater out of Windows.
Unicode true
SetCompressor /SOLID lzma
!include MUI2.nsh
!include LogicLib.nsh
!include Sections.nsh

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stallcast"
!define WINDOW "Stallcast Studio.exe"
; Microsoft's number of the WebView2 runtime.
!define WEBVIEW2 "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

Name "Stallcast"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Stallcast"
InstallDirRegKey HKCU "${KEY}" "InstallLocation"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 "ProductName" "Stallcast"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "Stallcast"
VIAddVersionKey /LANG=0 "LegalCopyright" "The Stallcast developers"

!define MUI_ICON "../../assets/icons/icon.ico"
!define MUI_UNICON "../../assets/icons/icon.ico"
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_FINISHPAGE_RUN "$INSTDIR\${WINDOW}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_LANGUAGE "English"

LangString STUDIO ${LANG_ENGLISH} "Stallcast (needed)"
LangString STUDIO ${LANG_SIMPCHINESE} "Stallcast（必需）"
LangString GPL ${LANG_ENGLISH} "x264 and x265 (GPL)"
LangString GPL ${LANG_SIMPCHINESE} "x264 和 x265（GPL）"
LangString ABOUT_STUDIO ${LANG_ENGLISH} "The studio, with all that it needs of GStreamer."
LangString ABOUT_STUDIO ${LANG_SIMPCHINESE} "演播室，以及它所需的 GStreamer 组件。"
LangString ABOUT_GPL ${LANG_ENGLISH} "The best encoders for a computer whose graphics chip does not encode. Free software under the GPL; the studio works without them."
LangString ABOUT_GPL ${LANG_SIMPCHINESE} "显卡不能编码时的最佳编码器。GPL 许可的自由软件；没有它们演播室也能使用。"
LangString RUNS ${LANG_ENGLISH} "Stallcast is running. End the show, close its window, wait a minute, and try again: nothing is changed while it runs."
LangString RUNS ${LANG_SIMPCHINESE} "Stallcast 正在运行。请先结束直播、关闭窗口，等一分钟后再试：运行时不作任何更改。"
LangString NO_WEBVIEW2 ${LANG_ENGLISH} "Stallcast is installed, but its window needs Microsoft's WebView2, which this computer does not have. Open Microsoft's page to install it now?"
LangString NO_WEBVIEW2 ${LANG_SIMPCHINESE} "Stallcast 已安装，但窗口需要微软的 WebView2，这台电脑上没有。现在打开微软的页面来安装吗？"
LangString KEPT ${LANG_ENGLISH} "Stallcast was removed. Your shows, products and recordings were kept in$\r$\n$LOCALAPPDATA\Stallcast"
LangString KEPT ${LANG_SIMPCHINESE} "Stallcast 已卸载。您的直播、商品和录像保留在$\r$\n$LOCALAPPDATA\Stallcast"

LangString STAYS ${LANG_ENGLISH} "The version that is there could not be removed, so the new one was not installed. Start the computer anew and try again."
LangString STAYS ${LANG_SIMPCHINESE} "无法移除已安装的版本，因此没有安装新版本。请重新启动电脑后再试。"

; Windows lets nobody write to a program that runs.
!macro UNLESS_RUNS PROGRAM
  ${If} ${FileExists} "$INSTDIR\${PROGRAM}"
    ClearErrors
    FileOpen $0 "$INSTDIR\${PROGRAM}" a
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(RUNS)" /SD IDOK
      SetErrorLevel 3
      Abort
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend
; The engine goes on for a while without its window, and the window opens without an engine of its own.
!macro UNLESS_IT_RUNS
  !insertmacro UNLESS_RUNS "stallcast.exe"
  !insertmacro UNLESS_RUNS "${WINDOW}"
!macroend

Section "$(STUDIO)" studio
  SectionIn RO
  !insertmacro UNLESS_IT_RUNS
  ; What an older version brought and this one does not.
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    ClearErrors
    ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR' $0
    ${If} ${Errors}
    ${OrIf} $0 <> 0
      MessageBox MB_OK|MB_ICONSTOP "$(STAYS)" /SD IDOK
      SetErrorLevel 4
      Abort
    ${EndIf}
  ${EndIf}
  !include "${FILES}"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateDirectory "$SMPROGRAMS\Stallcast"
  SetOutPath "$INSTDIR"
  CreateShortcut "$SMPROGRAMS\Stallcast\Stallcast.lnk" "$INSTDIR\${WINDOW}"
  CreateShortcut "$SMPROGRAMS\Stallcast\Uninstall Stallcast.lnk" "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${KEY}" "DisplayName" "Stallcast"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\${WINDOW}"
  WriteRegStr HKCU "${KEY}" "Publisher" "Stallcast"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
SectionEnd

Section "$(GPL)" gpl
  SetOutPath "$INSTDIR"
  File "${FOLDER}/x264-164.dll" "${FOLDER}/x265.dll"
  SetOutPath "$INSTDIR\lib\gstreamer-1.0"
  File "${FOLDER}/lib/gstreamer-1.0/gstx264.dll" "${FOLDER}/lib/gstreamer-1.0/gstx265.dll"
SectionEnd

Section
  ; For all users, or for this one.
  SetRegView 32
  ReadRegStr $0 HKLM "SOFTWARE\${WEBVIEW2}" "pv"
  ReadRegStr $1 HKCU "SOFTWARE\${WEBVIEW2}" "pv"
  SetRegView lastused
  ; Nothing but zeros is what is left of one that was removed.
  ${If} $0 == "0.0.0.0"
    StrCpy $0 ""
  ${EndIf}
  ${If} $1 == "0.0.0.0"
    StrCpy $1 ""
  ${EndIf}
  ${If} $0$1 == ""
    MessageBox MB_YESNO|MB_ICONINFORMATION "$(NO_WEBVIEW2)" /SD IDNO IDNO without
    ExecShell "open" "https://go.microsoft.com/fwlink/p/?LinkId=2124703"
  ${EndIf}
  without:
SectionEnd

; Who has left the GPL's encoders out is not given them by an update.
Function .onInit
  ${If} ${FileExists} "$INSTDIR\stallcast.exe"
  ${AndIfNot} ${FileExists} "$INSTDIR\x264-164.dll"
  ${AndIfNot} ${FileExists} "$INSTDIR\x265.dll"
    !insertmacro UnselectSection ${gpl}
  ${EndIf}
FunctionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${studio} "$(ABOUT_STUDIO)"
  !insertmacro MUI_DESCRIPTION_TEXT ${gpl} "$(ABOUT_GPL)"
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Section "Uninstall"
  !insertmacro UNLESS_IT_RUNS
  SetOutPath "$TEMP"
  !include "${GONE}"
  Delete "$INSTDIR\lib\plugins.bin"
  RMDir "$INSTDIR\lib"
  Delete "$INSTDIR\uninstall.exe"
  ; Goes only when nothing else lies in it.
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Stallcast\Stallcast.lnk"
  Delete "$SMPROGRAMS\Stallcast\Uninstall Stallcast.lnk"
  RMDir "$SMPROGRAMS\Stallcast"
  DeleteRegKey HKCU "${KEY}"
  MessageBox MB_OK|MB_ICONINFORMATION "$(KEPT)" /SD IDOK
SectionEnd
